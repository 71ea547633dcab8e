BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE changes (
	id INTEGER NOT NULL,
	actor TEXT NOT NULL,
	summary TEXT NOT NULL,
	xp_user_id INTEGER,
	xp_delta INTEGER,
	created_at TIMESTAMP NOT NULL,
	undone_at TIMESTAMP,
	PRIMARY KEY (id)
);
INSERT INTO "changes" VALUES(1,'Pixel_Street','add 500 points to Alice',NULL,NULL,'2026-01-01 12:03:30.000000',NULL);
INSERT INTO "changes" VALUES(2,'Pixel_Street','add 300 points to bob',NULL,NULL,'2026-01-01 12:03:30.000000',NULL);
INSERT INTO "changes" VALUES(3,'Pixel_Street','add 40 points to carol',NULL,NULL,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000');
INSERT INTO "changes" VALUES(4,'Pixel_Street','+120 XP for Alice',1,120,'2026-01-01 12:03:30.000000',NULL);
CREATE TABLE cooldowns (
	id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	expires_at TIMESTAMP NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (user_id, "key"),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "cooldowns" VALUES(1,1,'chat','2026-01-01 12:03:20.000000');
INSERT INTO "cooldowns" VALUES(2,1,'xp','2026-01-01 12:02:50.000000');
INSERT INTO "cooldowns" VALUES(3,2,'chat','2026-01-01 12:03:20.000000');
INSERT INTO "cooldowns" VALUES(4,2,'xp','2026-01-01 12:02:50.000000');
INSERT INTO "cooldowns" VALUES(5,3,'chat','2026-01-01 12:03:20.000000');
INSERT INTO "cooldowns" VALUES(6,3,'xp','2026-01-01 12:02:50.000000');
CREATE TABLE events (
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	points INTEGER NOT NULL,
	xp INTEGER NOT NULL,
	created_at TIMESTAMP NOT NULL,
	PRIMARY KEY (id)
)
 WITHOUT ROWID
;
INSERT INTO "events" VALUES('follow:twitch:107657884719493','follow',50,10,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('level:1:2','level',7,0,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('message-1','chat',1,1,'2026-01-01 12:00:00.000000');
INSERT INTO "events" VALUES('message-10','command',0,0,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('message-11','command',0,0,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('message-12','command',0,0,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('message-13','command',0,0,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('message-14','command',0,0,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('message-15','command',0,0,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('message-2','chat',1,1,'2026-01-01 12:00:00.000000');
INSERT INTO "events" VALUES('message-3','chat',1,1,'2026-01-01 12:00:00.000000');
INSERT INTO "events" VALUES('message-4','chat',1,1,'2026-01-01 12:01:10.000000');
INSERT INTO "events" VALUES('message-5','chat',1,1,'2026-01-01 12:01:10.000000');
INSERT INTO "events" VALUES('message-6','chat',1,1,'2026-01-01 12:01:10.000000');
INSERT INTO "events" VALUES('message-7','chat',1,1,'2026-01-01 12:02:20.000000');
INSERT INTO "events" VALUES('message-8','chat',1,1,'2026-01-01 12:02:20.000000');
INSERT INTO "events" VALUES('message-9','chat',1,1,'2026-01-01 12:02:20.000000');
CREATE TABLE joystick_installs (
	id INTEGER NOT NULL,
	channel_id TEXT NOT NULL,
	access_token TEXT NOT NULL,
	refresh_token TEXT,
	expires_at TIMESTAMP,
	created_at TIMESTAMP,
	updated_at TIMESTAMP,
	PRIMARY KEY (id),
	UNIQUE (channel_id)
);
INSERT INTO "joystick_installs" VALUES(1,'chan-1','plain-access','plain-refresh','2026-01-01 13:00:00.000000','2025-12-31 10:00:00.000000','2025-12-31 10:00:00.000000');
CREATE TABLE meta (
	"key" TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('mode','sandbox');
INSERT INTO "meta" VALUES('curve','100.0:1.8:9999');
CREATE TABLE queue_items (
	id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	status TEXT DEFAULT 'pending',
	payload_json JSON,
	created_at TIMESTAMP,
	started_at TIMESTAMP,
	finished_at TIMESTAMP,
	PRIMARY KEY (id)
);
INSERT INTO "queue_items" VALUES(1,'tts','pending','{"text": "hi"}','2025-12-31 10:00:00',NULL,NULL);
INSERT INTO "queue_items" VALUES(2,'wheel','running','{"user": "bob"}','2025-12-31 10:00:00','2025-12-31 10:00:01',NULL);
INSERT INTO "queue_items" VALUES(3,'effect','done','{"sound": "ding"}','2025-12-31 10:00:00','2025-12-31 10:00:01','2025-12-31 10:00:02');
INSERT INTO "queue_items" VALUES(4,'effect','failed',NULL,'2025-12-31 10:00:00',NULL,'2025-12-31 10:00:02');
CREATE TABLE redeems (
	"key" TEXT NOT NULL,
	display_name TEXT NOT NULL,
	cost INTEGER DEFAULT '0',
	enabled BOOLEAN DEFAULT 1,
	cooldown_s INTEGER DEFAULT '0',
	created_at TIMESTAMP,
	updated_at TIMESTAMP,
	PRIMARY KEY ("key")
);
INSERT INTO "redeems" VALUES('tts','Say it',30,0,7,NULL,NULL);
CREATE TABLE transactions (
	id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	amount INTEGER NOT NULL,
	reason TEXT,
	balance_after INTEGER,
	created_at TIMESTAMP, change_id INTEGER, note TEXT,
	PRIMARY KEY (id),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "transactions" VALUES(1,1,1,'chat',1,'2026-01-01 12:00:00.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(2,2,1,'chat',1,'2026-01-01 12:00:00.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(3,3,1,'chat',1,'2026-01-01 12:00:00.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(4,1,1,'chat',2,'2026-01-01 12:01:10.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(5,2,1,'chat',2,'2026-01-01 12:01:10.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(6,3,1,'chat',2,'2026-01-01 12:01:10.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(7,1,1,'chat',3,'2026-01-01 12:02:20.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(8,2,1,'chat',3,'2026-01-01 12:02:20.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(9,3,1,'chat',3,'2026-01-01 12:02:20.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(10,4,50,'follow',50,'2026-01-01 12:03:30.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(11,1,500,'mod:add',503,'2026-01-01 12:03:30.000000',1,'pixel_street: welcome');
INSERT INTO "transactions" VALUES(12,2,300,'mod:add',303,'2026-01-01 12:03:30.000000',2,'pixel_street');
INSERT INTO "transactions" VALUES(13,3,40,'mod:add',43,'2026-01-01 12:03:30.000000',3,'pixel_street');
INSERT INTO "transactions" VALUES(14,3,-40,'undo',3,'2026-01-01 12:03:30.000000',3,'pixel_street');
INSERT INTO "transactions" VALUES(15,1,7,'level:2',510,'2026-01-01 12:03:30.000000',NULL,NULL);
INSERT INTO "transactions" VALUES(16,1,-25,'give',485,'2026-01-01 12:03:30.000000',NULL,'bob');
INSERT INTO "transactions" VALUES(17,2,25,'give',328,'2026-01-01 12:03:30.000000',NULL,'alice');
CREATE TABLE users (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	points INTEGER DEFAULT '0',
	created_at TIMESTAMP,
	updated_at TIMESTAMP, platform TEXT DEFAULT 'twitch' NOT NULL, platform_id TEXT, display_name TEXT,
	PRIMARY KEY (id),
	UNIQUE (name)
);
INSERT INTO "users" VALUES(1,'alice',485,'2026-01-01 12:00:00.000000','2026-01-01 12:03:30.000000','twitch','48206926798862','Alice');
INSERT INTO "users" VALUES(2,'bob',328,'2026-01-01 12:00:00.000000','2026-01-01 12:03:30.000000','twitch','142619720998354','bob');
INSERT INTO "users" VALUES(3,'carol',3,'2026-01-01 12:00:00.000000','2026-01-01 12:03:30.000000','twitch','83729833602343','carol');
INSERT INTO "users" VALUES(4,'dave',50,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000','twitch','107657884719493','dave');
INSERT INTO "users" VALUES(5,'pixel_street',0,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000','twitch','106183827360284','Pixel_Street');
CREATE TABLE xp_records (
	id INTEGER NOT NULL,
	user_name TEXT NOT NULL,
	xp INTEGER DEFAULT '0',
	level INTEGER DEFAULT '1',
	created_at TIMESTAMP,
	updated_at TIMESTAMP,
	PRIMARY KEY (id),
	UNIQUE (user_name)
);
INSERT INTO "xp_records" VALUES(1,'alice',123,2,'2026-01-01 12:00:00.000000','2026-01-01 12:03:30.000000');
INSERT INTO "xp_records" VALUES(2,'bob',3,1,'2026-01-01 12:00:00.000000','2026-01-01 12:02:20.000000');
INSERT INTO "xp_records" VALUES(3,'carol',3,1,'2026-01-01 12:00:00.000000','2026-01-01 12:02:20.000000');
INSERT INTO "xp_records" VALUES(4,'dave',10,1,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000');
CREATE INDEX ix_transactions_user_id ON transactions (user_id);
CREATE INDEX ix_transactions_created_at ON transactions (created_at);
CREATE INDEX ix_cooldowns_expires_at ON cooldowns (expires_at);
CREATE INDEX ix_queue_items_kind_status ON queue_items (kind, status);
CREATE INDEX ix_queue_items_created_at ON queue_items (created_at);
CREATE UNIQUE INDEX ux_users_platform_id ON users (platform, platform_id);
CREATE INDEX ix_users_points ON users (points);
CREATE INDEX ix_xp_records_xp ON xp_records (xp);
CREATE INDEX ix_transactions_change_id ON transactions (change_id) WHERE change_id IS NOT NULL;
COMMIT;
