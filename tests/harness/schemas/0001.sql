BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE cooldowns (
	id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	expires_at TIMESTAMP NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (user_id, "key"),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "cooldowns" VALUES(1,1,'tts','2026-01-01 12:00:30.000000');
INSERT INTO "cooldowns" VALUES(2,1,'chat','2025-06-01 20:01:00.000000');
INSERT INTO "cooldowns" VALUES(3,2,'wheel','2026-01-01 12:10:00.000000');
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
INSERT INTO "joystick_installs" VALUES(1,'chan-1','plain-access','plain-refresh','2025-06-01 21:00:00.000000','2025-05-01 18:00:00.000000','2025-06-01 20:00:00.000000');
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
INSERT INTO "queue_items" VALUES(1,'tts','done','{"text": "good evening", "user": "alice"}','2025-05-20 20:00:00.000000','2025-05-20 20:00:01.000000','2025-05-20 20:00:05.000000');
INSERT INTO "queue_items" VALUES(2,'wheel','failed','{"user": "bob"}','2025-06-01 20:00:00.000000','2025-06-01 20:00:00.000000','2025-06-01 20:00:00.000000');
INSERT INTO "queue_items" VALUES(3,'effect','running','{"sound": "ding"}','2025-06-01 20:00:00.000000','2025-06-01 20:00:00.000000',NULL);
INSERT INTO "queue_items" VALUES(4,'tts','pending','{"text": "one more"}','2025-06-01 20:00:00.000000',NULL,NULL);
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
INSERT INTO "redeems" VALUES('tts','Say it',30,0,7,'2025-05-01 18:00:00.000000',NULL);
INSERT INTO "redeems" VALUES('hydrate','Drink!',50,1,300,'2025-05-01 18:00:00.000000','2025-06-01 20:00:00.000000');
CREATE TABLE transactions (
	id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	amount INTEGER NOT NULL,
	reason TEXT,
	balance_after INTEGER,
	created_at TIMESTAMP,
	PRIMARY KEY (id),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "transactions" VALUES(1,1,400,'chat',400,'2025-05-01 18:00:00.000000');
INSERT INTO "transactions" VALUES(2,2,200,'tip',200,'2025-05-01 18:05:00.000000');
INSERT INTO "transactions" VALUES(3,1,-25,'redeem:tts',375,'2025-05-20 20:00:00.000000');
INSERT INTO "transactions" VALUES(4,1,-21,'give',354,'2025-06-01 20:00:00.000000');
INSERT INTO "transactions" VALUES(5,2,21,'give',221,'2025-06-01 20:00:00.000000');
INSERT INTO "transactions" VALUES(6,2,-5,NULL,216,NULL);
CREATE TABLE users (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	points INTEGER DEFAULT '0',
	created_at TIMESTAMP,
	updated_at TIMESTAMP,
	PRIMARY KEY (id),
	UNIQUE (name)
);
INSERT INTO "users" VALUES(1,'alice',354,'2025-05-01 18:00:00.000000','2025-06-01 20:00:00.000000');
INSERT INTO "users" VALUES(2,'bob',216,'2025-05-01 18:05:00.000000','2025-06-01 20:00:00.000000');
INSERT INTO "users" VALUES(3,'carol',0,'2025-05-02 19:00:00.000000',NULL);
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
INSERT INTO "xp_records" VALUES(1,'alice',1300,5,'2025-05-01 18:00:00.000000','2025-06-01 20:00:00.000000');
INSERT INTO "xp_records" VALUES(2,'bob',99,1,'2025-05-01 18:05:00.000000','2025-06-01 20:00:00.000000');
CREATE INDEX ix_transactions_user_id ON transactions (user_id);
CREATE INDEX ix_transactions_created_at ON transactions (created_at);
CREATE INDEX ix_cooldowns_expires_at ON cooldowns (expires_at);
CREATE INDEX ix_queue_items_kind_status ON queue_items (kind, status);
CREATE INDEX ix_queue_items_created_at ON queue_items (created_at);
COMMIT;
