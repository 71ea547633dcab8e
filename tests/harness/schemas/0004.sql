BEGIN TRANSACTION;
CREATE TABLE accounts (
	role TEXT NOT NULL,
	user_id TEXT NOT NULL,
	login TEXT NOT NULL,
	display_name TEXT NOT NULL,
	tokens TEXT,
	scopes TEXT DEFAULT '' NOT NULL,
	updated_at TIMESTAMP NOT NULL,
	PRIMARY KEY (role)
);
INSERT INTO "accounts" VALUES('bot','900','pixelbot','PixelBot','gAAAAABrBtUoNjfiEdF8mpDvKN4pMI1ltoIK3CnPsMWyuW23Rl5XufQqtvhyPef_819v_SGEp-jDYgkudqyd9wsP9WL4ROPN5HwkoSDNoNGxA1dFn2NM0NMR7vOXZEz559FUHRC4V-HL','user:bot user:read:chat','2026-01-01 12:05:06.500000');
INSERT INTO "accounts" VALUES('broadcaster','901','pixel_street','Pixel_Street',NULL,'channel:bot','2026-01-01 12:05:06.500000');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE blocks (
	user_id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	created_at TIMESTAMP NOT NULL,
	PRIMARY KEY (user_id, "key"),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "blocks" VALUES(3,'tts','2026-01-01 12:03:33.500000');
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
INSERT INTO "cooldowns" VALUES(7,1,'sound','2026-01-01 12:03:38.500000');
INSERT INTO "cooldowns" VALUES(8,1,'spin','2026-01-01 12:04:34.500000');
INSERT INTO "cooldowns" VALUES(9,1,'tts','2026-01-01 12:05:16.500000');
INSERT INTO "cooldowns" VALUES(10,2,'spin','2026-01-01 12:05:36.500000');
INSERT INTO "cooldowns" VALUES(11,4,'tts','2026-01-01 12:05:16.500000');
INSERT INTO "cooldowns" VALUES(12,2,'sound','2026-01-01 12:05:11.500000');
CREATE TABLE draws (
	id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	seed TEXT NOT NULL,
	odds_json JSON NOT NULL,
	prize TEXT NOT NULL,
	prize_json JSON NOT NULL,
	created_at TIMESTAMP NOT NULL,
	landed_at TIMESTAMP,
	cancelled_at TIMESTAMP,
	owed BOOLEAN DEFAULT 0 NOT NULL,
	given_by TEXT,
	PRIMARY KEY (id),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "draws" VALUES(1,1,'9066565ef9573f66ca6a07c4c7d85dd7','[["Five points",1],["A hug",1]]','Five points','{"name":"Five points","weight":1,"grant_points":5,"grant_xp":null,"effect":"","stock":10}','2026-01-01 12:04:04.500000','2026-01-01 12:04:04.500000',NULL,0,NULL);
INSERT INTO "draws" VALUES(2,2,'183e471177f91cc44ad901f98e0e1522','[["Five points",1],["A hug",1]]','A hug','{"name":"A hug","weight":1,"grant_points":null,"grant_xp":null,"effect":"","stock":null}','2026-01-01 12:05:06.500000',NULL,NULL,0,NULL);
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
INSERT INTO "events" VALUES('message-16','command',0,0,'2026-01-01 12:03:33.500000');
INSERT INTO "events" VALUES('message-17','command',0,0,'2026-01-01 12:03:33.500000');
INSERT INTO "events" VALUES('message-18','command',0,0,'2026-01-01 12:03:33.500000');
INSERT INTO "events" VALUES('message-19','command',0,0,'2026-01-01 12:04:04.500000');
INSERT INTO "events" VALUES('message-2','chat',1,1,'2026-01-01 12:00:00.000000');
INSERT INTO "events" VALUES('message-20','command',0,0,'2026-01-01 12:04:35.500000');
INSERT INTO "events" VALUES('message-21','command',0,0,'2026-01-01 12:05:06.500000');
INSERT INTO "events" VALUES('message-22','command',0,0,'2026-01-01 12:05:06.500000');
INSERT INTO "events" VALUES('message-23','command',0,0,'2026-01-01 12:05:06.500000');
INSERT INTO "events" VALUES('message-24','command',0,0,'2026-01-01 12:05:06.500000');
INSERT INTO "events" VALUES('message-25','command',0,0,'2026-01-01 12:05:06.500000');
INSERT INTO "events" VALUES('message-3','chat',1,1,'2026-01-01 12:00:00.000000');
INSERT INTO "events" VALUES('message-4','chat',1,1,'2026-01-01 12:01:10.000000');
INSERT INTO "events" VALUES('message-5','chat',1,1,'2026-01-01 12:01:10.000000');
INSERT INTO "events" VALUES('message-6','chat',1,1,'2026-01-01 12:01:10.000000');
INSERT INTO "events" VALUES('message-7','chat',1,1,'2026-01-01 12:02:20.000000');
INSERT INTO "events" VALUES('message-8','chat',1,1,'2026-01-01 12:02:20.000000');
INSERT INTO "events" VALUES('message-9','chat',1,1,'2026-01-01 12:02:20.000000');
INSERT INTO "events" VALUES('prize:1','wheel',0,0,'2026-01-01 12:04:04.500000');
INSERT INTO "events" VALUES('refund:3','refund',12,0,'2026-01-01 12:04:35.500000');
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
CREATE TABLE lanes (
	kind TEXT NOT NULL,
	paused BOOLEAN DEFAULT 0 NOT NULL,
	PRIMARY KEY (kind)
);
INSERT INTO "lanes" VALUES('tts',1);
INSERT INTO "lanes" VALUES('wheel',1);
INSERT INTO "lanes" VALUES('effect',0);
CREATE TABLE meta (
	"key" TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('mode','sandbox');
INSERT INTO "meta" VALUES('curve','100.0:1.8:9999');
CREATE TABLE native_rewards (
	"key" TEXT NOT NULL,
	reward_id TEXT,
	cost INTEGER NOT NULL,
	enabled BOOLEAN DEFAULT 1 NOT NULL,
	updated_at TIMESTAMP NOT NULL,
	PRIMARY KEY ("key"),
	UNIQUE (reward_id)
);
INSERT INTO "native_rewards" VALUES('tts','reward-1',500,1,'2026-01-01 12:05:06.500000');
INSERT INTO "native_rewards" VALUES('sound',NULL,200,0,'2026-01-01 12:05:06.500000');
CREATE TABLE queue_items (
	id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	status TEXT DEFAULT 'pending',
	payload_json JSON,
	created_at TIMESTAMP,
	started_at TIMESTAMP,
	finished_at TIMESTAMP, redeem TEXT, user_id INTEGER, track TEXT, token TEXT, message_id TEXT, page TEXT, begun_at TIMESTAMP, cooldown_until TIMESTAMP, everyone_until TIMESTAMP, refunded_at TIMESTAMP, note TEXT, cost INTEGER DEFAULT '0' NOT NULL, attempts INTEGER DEFAULT '0' NOT NULL, told BOOLEAN DEFAULT 1 NOT NULL, redemption TEXT,
	PRIMARY KEY (id)
);
INSERT INTO "queue_items" VALUES(1,'effect','done','{"effect":"sound","name":"ding","volume":1.0}','2026-01-01 12:03:33.500000','2026-01-01 12:03:33.500000','2026-01-01 12:03:33.500000','sound',1,'sound','851160a327a9410d','message-18','fake',NULL,'2026-01-01 12:03:38.500000',NULL,NULL,NULL,12,0,1,NULL);
INSERT INTO "queue_items" VALUES(2,'wheel','done','{"effect":"wheel","draw":1,"slices":[{"name":"Five points","weight":1},{"name":"A hug","weight":1}],"winner":0}','2026-01-01 12:04:04.500000','2026-01-01 12:04:04.500000','2026-01-01 12:04:04.500000','spin',1,'wheel','b6d1b67f590e7286','message-19','fake','2026-01-01 12:04:04.500000','2026-01-01 12:04:34.500000',NULL,NULL,'Alice won Five points! (+5 points)',100,0,1,NULL);
INSERT INTO "queue_items" VALUES(3,'effect','failed','{"effect":"sound","name":"ding","volume":1.0}','2026-01-01 12:04:35.500000','2026-01-01 12:04:35.500000','2026-01-01 12:04:35.500000','sound',2,'sound','b8e8e470255318df','message-20','fake',NULL,'2026-01-01 12:04:40.500000',NULL,'2026-01-01 12:04:35.500000','The overlay could not play it.',12,0,0,NULL);
INSERT INTO "queue_items" VALUES(4,'tts','pending','{"effect":"speak","text":"good evening","voice":"","by":"Alice"}','2026-01-01 12:05:06.500000',NULL,NULL,'tts',1,'tts','69c74651f952b41d','message-23',NULL,NULL,'2026-01-01 12:05:16.500000',NULL,NULL,NULL,25,0,1,NULL);
INSERT INTO "queue_items" VALUES(5,'wheel','pending','{"effect":"wheel","draw":2,"slices":[{"name":"Five points","weight":1},{"name":"A hug","weight":1}],"winner":1}','2026-01-01 12:05:06.500000',NULL,NULL,'spin',2,'wheel','64f415bd448405a3','message-24',NULL,NULL,'2026-01-01 12:05:36.500000',NULL,NULL,NULL,100,0,1,NULL);
INSERT INTO "queue_items" VALUES(6,'tts','pending','{"effect":"speak","text":"from channel points","voice":"","by":"dave"}','2026-01-01 12:05:06.500000',NULL,NULL,'tts',4,'tts','9b8b764768936190',NULL,NULL,NULL,'2026-01-01 12:05:16.500000',NULL,NULL,NULL,0,0,1,'redemption-1');
INSERT INTO "queue_items" VALUES(7,'effect','running','{"effect":"sound","name":"ding","volume":1.0}','2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000',NULL,'sound',2,'sound','701b95cfbd02fb6b','message-25','fake',NULL,'2026-01-01 12:05:11.500000',NULL,NULL,NULL,12,0,1,NULL);
CREATE TABLE redeems (
	"key" TEXT NOT NULL,
	display_name TEXT NOT NULL,
	cost INTEGER DEFAULT '0',
	enabled BOOLEAN DEFAULT 1,
	cooldown_s INTEGER DEFAULT '0',
	created_at TIMESTAMP,
	updated_at TIMESTAMP, everyone_cooldown_s INTEGER DEFAULT '0' NOT NULL, everyone_until TIMESTAMP,
	PRIMARY KEY ("key")
);
INSERT INTO "redeems" VALUES('clip','Save OBS clip',0,1,30,'2026-01-01 12:00:00.000000','2026-01-01 12:00:00.000000',0,NULL);
INSERT INTO "redeems" VALUES('pixel','AI chat response',50,1,20,'2026-01-01 12:00:00.000000','2026-01-01 12:00:00.000000',0,NULL);
INSERT INTO "redeems" VALUES('sound','Play sound effect',12,1,5,'2026-01-01 12:00:00.000000','2026-01-01 12:03:33.500000',0,NULL);
INSERT INTO "redeems" VALUES('tts','Text-to-Speech',25,1,10,'2026-01-01 12:00:00.000000','2026-01-01 12:00:00.000000',0,NULL);
INSERT INTO "redeems" VALUES('spin','Prize wheel',100,1,30,'2026-01-01 12:00:00.000000','2026-01-01 12:00:00.000000',0,NULL);
CREATE TABLE redemptions (
	id TEXT NOT NULL,
	reward_id TEXT NOT NULL,
	item_id INTEGER,
	created_at TIMESTAMP NOT NULL,
	reported_at TIMESTAMP,
	PRIMARY KEY (id),
	UNIQUE (item_id)
);
INSERT INTO "redemptions" VALUES('redemption-1','reward-1',6,'2026-01-01 12:05:06.500000',NULL);
INSERT INTO "redemptions" VALUES('redemption-2','reward-1',NULL,'2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000');
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
INSERT INTO "transactions" VALUES(18,1,-12,'redeem:sound',473,'2026-01-01 12:03:33.500000',NULL,NULL);
INSERT INTO "transactions" VALUES(19,1,-100,'redeem:spin',373,'2026-01-01 12:04:04.500000',NULL,NULL);
INSERT INTO "transactions" VALUES(20,1,5,'wheel',378,'2026-01-01 12:04:04.500000',NULL,'Five points');
INSERT INTO "transactions" VALUES(21,2,-12,'redeem:sound',316,'2026-01-01 12:04:35.500000',NULL,NULL);
INSERT INTO "transactions" VALUES(22,2,12,'refund:sound',328,'2026-01-01 12:04:35.500000',NULL,NULL);
INSERT INTO "transactions" VALUES(23,1,-25,'redeem:tts',353,'2026-01-01 12:05:06.500000',NULL,NULL);
INSERT INTO "transactions" VALUES(24,2,-100,'redeem:spin',228,'2026-01-01 12:05:06.500000',NULL,NULL);
INSERT INTO "transactions" VALUES(25,2,-12,'redeem:sound',216,'2026-01-01 12:05:06.500000',NULL,NULL);
CREATE TABLE users (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	points INTEGER DEFAULT '0',
	created_at TIMESTAMP,
	updated_at TIMESTAMP, platform TEXT DEFAULT 'twitch' NOT NULL, platform_id TEXT, display_name TEXT, voice TEXT,
	PRIMARY KEY (id),
	UNIQUE (name)
);
INSERT INTO "users" VALUES(1,'alice',353,'2026-01-01 12:00:00.000000','2026-01-01 12:05:06.500000','twitch','48206926798862','Alice',NULL);
INSERT INTO "users" VALUES(2,'bob',216,'2026-01-01 12:00:00.000000','2026-01-01 12:05:06.500000','twitch','142619720998354','bob','en-us');
INSERT INTO "users" VALUES(3,'carol',3,'2026-01-01 12:00:00.000000','2026-01-01 12:03:30.000000','twitch','83729833602343','carol',NULL);
INSERT INTO "users" VALUES(4,'dave',50,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000','twitch','107657884719493','dave',NULL);
INSERT INTO "users" VALUES(5,'pixel_street',0,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000','twitch','106183827360284','Pixel_Street',NULL);
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
CREATE INDEX ix_queue_items_track_status ON queue_items (track, status);
CREATE INDEX ix_queue_items_user_id ON queue_items (user_id);
CREATE INDEX ix_queue_items_untold ON queue_items (id) WHERE told = 0;
CREATE INDEX ix_draws_prize ON draws (prize);
CREATE INDEX ix_draws_owed ON draws (id) WHERE owed = 1;
CREATE INDEX ix_redemptions_open ON redemptions (id) WHERE reported_at IS NULL;
COMMIT;
