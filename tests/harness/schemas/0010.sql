BEGIN TRANSACTION;
CREATE TABLE access_keys (
	hash TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	expires_at TIMESTAMP NOT NULL, 
	used_at TIMESTAMP, 
	PRIMARY KEY (hash)
);
INSERT INTO "access_keys" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','start','2026-01-01 12:05:06.500000','2026-01-02 12:05:06.500000','2026-01-01 12:05:06.500000');
INSERT INTO "access_keys" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','browser','2026-01-01 12:05:06.500000','2026-01-02 12:05:06.500000',NULL);
CREATE TABLE accounts (
	role TEXT NOT NULL,
	user_id TEXT NOT NULL,
	login TEXT NOT NULL,
	display_name TEXT NOT NULL,
	tokens TEXT,
	scopes TEXT DEFAULT '' NOT NULL,
	updated_at TIMESTAMP NOT NULL, client_id TEXT, renewed_at TIMESTAMP,
	PRIMARY KEY (role)
);
INSERT INTO "accounts" VALUES('bot','900','pixelbot','PixelBot','gAAAAABrBtUsfubwfTFfFRIDOIIkQmhKSN-tdXB-mdPFpARFFBDxFU9pjjqV9gd7eFTPRoCUgPQq5jDPp9e7ilcQP-Em_Z2fw6w9ToMMYpjAvepxrsPKsg4HvFB7GUQxbmpN0I747a4L','user:bot user:read:chat','2026-01-01 12:05:06.500000','the-client-id','2026-01-01 12:05:06.500000');
INSERT INTO "accounts" VALUES('broadcaster','901','pixel_street','Pixel_Street',NULL,'channel:bot','2026-01-01 12:05:06.500000',NULL,'2026-01-01 12:05:06.500000');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE api_tokens (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	used_at TIMESTAMP, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	UNIQUE (hash)
);
INSERT INTO "api_tokens" VALUES(1,'stream-deck','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','show:manage','2026-01-01 12:05:06.500000',NULL);
CREATE TABLE bans (
	platform TEXT NOT NULL, 
	platform_id TEXT NOT NULL, 
	banned BOOLEAN NOT NULL, 
	changed_at TIMESTAMP NOT NULL, 
	PRIMARY KEY (platform, platform_id)
);
INSERT INTO "bans" VALUES('twitch','666',1,'2026-01-01 12:04:23.000000');
INSERT INTO "bans" VALUES('twitch','667',0,'2026-01-01 12:04:24.000000');
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
	undone_at TIMESTAMP, batch TEXT,
	PRIMARY KEY (id)
);
INSERT INTO "changes" VALUES(1,'Pixel_Street','add 500 points to Alice',NULL,NULL,'2026-01-01 12:03:30.000000',NULL,'0123456789abcdef');
INSERT INTO "changes" VALUES(2,'Pixel_Street','add 300 points to bob',NULL,NULL,'2026-01-01 12:03:30.000000',NULL,NULL);
INSERT INTO "changes" VALUES(3,'Pixel_Street','add 40 points to carol',NULL,NULL,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000',NULL);
INSERT INTO "changes" VALUES(4,'Pixel_Street','+120 XP for Alice',1,120,'2026-01-01 12:03:30.000000',NULL,NULL);
INSERT INTO "changes" VALUES(5,'Alice','link alice@joystick to alice',NULL,NULL,'2026-01-01 12:05:06.500000',NULL,NULL);
CREATE TABLE cooldowns (
	id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	expires_at TIMESTAMP NOT NULL, started_at TIMESTAMP,
	PRIMARY KEY (id),
	UNIQUE (user_id, "key"),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "cooldowns" VALUES(1,1,'chat','2026-01-01 12:06:06.500000',NULL);
INSERT INTO "cooldowns" VALUES(2,1,'xp','2026-01-01 12:05:36.500000',NULL);
INSERT INTO "cooldowns" VALUES(3,2,'chat','2026-01-01 12:03:20.000000',NULL);
INSERT INTO "cooldowns" VALUES(4,2,'xp','2026-01-01 12:02:50.000000',NULL);
INSERT INTO "cooldowns" VALUES(5,3,'chat','2026-01-01 12:03:20.000000',NULL);
INSERT INTO "cooldowns" VALUES(6,3,'xp','2026-01-01 12:02:50.000000',NULL);
INSERT INTO "cooldowns" VALUES(7,1,'sound','2026-01-01 12:03:38.500000',NULL);
INSERT INTO "cooldowns" VALUES(8,1,'spin','2026-01-01 12:04:34.500000',NULL);
INSERT INTO "cooldowns" VALUES(9,1,'tts','2026-01-01 12:05:16.500000',NULL);
INSERT INTO "cooldowns" VALUES(10,2,'spin','2026-01-01 12:05:36.500000',NULL);
INSERT INTO "cooldowns" VALUES(11,4,'tts','2026-01-01 12:05:16.500000',NULL);
INSERT INTO "cooldowns" VALUES(14,7,'chat','2026-01-01 12:06:06.500000',NULL);
INSERT INTO "cooldowns" VALUES(15,7,'xp','2026-01-01 12:05:36.500000',NULL);
INSERT INTO "cooldowns" VALUES(16,1,'+give','2026-01-01 13:05:06.500000',NULL);
INSERT INTO "cooldowns" VALUES(17,2,'sound','2026-01-01 12:05:11.500000','2026-01-01 12:05:00.000000');
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
INSERT INTO "draws" VALUES(1,1,'0e0546d02ccfbb5cff3a4bd24504fe69','[["Five points",1],["A hug",1]]','Five points','{"name":"Five points","weight":1,"grant_points":5,"grant_xp":null,"effect":"","stock":10}','2026-01-01 12:04:04.500000','2026-01-01 12:04:04.500000',NULL,0,NULL);
INSERT INTO "draws" VALUES(2,2,'162d0bc2165dfbf37c50df82ebc6c753','[["Five points",1],["A hug",1]]','A hug','{"name":"A hug","weight":1,"grant_points":null,"grant_xp":null,"effect":"","stock":null}','2026-01-01 12:05:06.500000',NULL,NULL,0,NULL);
CREATE TABLE event_claims (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	person TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	at TIMESTAMP NOT NULL, 
	sources TEXT NOT NULL, 
	months INTEGER, 
	duration INTEGER DEFAULT '1' NOT NULL, 
	gifted BOOLEAN DEFAULT 0 NOT NULL, 
	announced BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "event_claims" VALUES(1,'sub','twitch:101','1000','2026-01-01 12:04:00.000000','notification:n-1 message:n-2',3,1,0,1);
INSERT INTO "event_claims" VALUES(2,'cheer','twitch:102','100','2026-01-01 12:04:10.000000','cheer:n-3',NULL,1,0,0);
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
INSERT INTO "events" VALUES('joystick:m1','chat',1,1,'2026-01-01 12:05:06.500000');
INSERT INTO "events" VALUES('joystick:m2','chat',1,1,'2026-01-01 12:05:06.500000');
INSERT INTO "events" VALUES('level:1:2','level',7,0,'2026-01-01 12:03:30.000000');
INSERT INTO "events" VALUES('level:6:2','link',0,0,'2026-01-01 12:05:06.500000');
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
CREATE TABLE fair_draws (
	id INTEGER NOT NULL, 
	cog TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	seed TEXT NOT NULL, 
	odds_json JSON NOT NULL, 
	choice TEXT NOT NULL, 
	at TIMESTAMP NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "fair_draws" VALUES(1,'slots','slots','00112233445566778899aabbccddeeff','[["win", 1.0], ["nothing", 3.0]]','nothing','2026-01-01 12:05:06.500000');
CREATE TABLE followed_rows (
	id INTEGER NOT NULL, 
	link_id INTEGER NOT NULL, 
	table_name TEXT NOT NULL, 
	column_name TEXT NOT NULL, 
	key_json JSON NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(link_id) REFERENCES links (id)
);
INSERT INTO "followed_rows" VALUES(1,1,'cog_slots_stake','viewer','{"id": 1}');
CREATE TABLE forgotten_accounts (
	user_id INTEGER NOT NULL, 
	account_since TIMESTAMP, 
	at TIMESTAMP NOT NULL, 
	cogs_due BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (user_id)
);
INSERT INTO "forgotten_accounts" VALUES(999,NULL,'2026-01-01 12:05:06.500000',0);
CREATE TABLE ignored_accounts (
	user_id INTEGER NOT NULL, 
	ignored BOOLEAN NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	PRIMARY KEY (user_id), 
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "ignored_accounts" VALUES(7,1,'2026-01-01 12:04:20.000000');
CREATE TABLE ignored_names (
	name TEXT NOT NULL, 
	ignored BOOLEAN NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "ignored_names" VALUES('somebot',1,'2026-01-01 12:04:21.000000');
INSERT INTO "ignored_names" VALUES('nightbot',0,'2026-01-01 12:04:22.000000');
CREATE TABLE installed_cogs (
	name TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	tables TEXT NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "installed_cogs" VALUES('slots',2,'','2026-01-01 12:05:06.500000');
CREATE TABLE joystick_installs (
	id INTEGER NOT NULL,
	channel_id TEXT NOT NULL,
	access_token TEXT NOT NULL,
	refresh_token TEXT,
	expires_at TIMESTAMP,
	created_at TIMESTAMP,
	updated_at TIMESTAMP, username TEXT, pending BOOLEAN DEFAULT 0 NOT NULL, problem TEXT,
	PRIMARY KEY (id),
	UNIQUE (channel_id)
);
INSERT INTO "joystick_installs" VALUES(1,'chan-1','gAAAAABrBtUsx2x2aFzGktAllWNZwEX7F0_7IDcw10PH4GnLwqTrNS-71KOO1dbidtrv6jcVxLg-9BG8U8Olh6EXwn1ci3qlLw==','gAAAAABrBtUsQpoVR1FhQSswL7UvyybAhsPzeDc9ag43lMOm6tj6mkGIxyq_d5lEohT4rpNKcoAEOmpcckJUjOw3H1x7esKWSA==','2026-01-01 13:05:06.500000','2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000','pixel_street',0,NULL);
CREATE TABLE known_chatters (
	"key" TEXT NOT NULL, 
	messages INTEGER DEFAULT '0' NOT NULL, 
	account_since TIMESTAMP, 
	PRIMARY KEY ("key")
);
INSERT INTO "known_chatters" VALUES('1001',3,'2020-05-01 10:00:00.000000');
INSERT INTO "known_chatters" VALUES('eve@joystick',1,NULL);
CREATE TABLE lanes (
	kind TEXT NOT NULL,
	paused BOOLEAN DEFAULT 0 NOT NULL,
	PRIMARY KEY (kind)
);
INSERT INTO "lanes" VALUES('tts',1);
INSERT INTO "lanes" VALUES('wheel',1);
INSERT INTO "lanes" VALUES('effect',0);
CREATE TABLE limit_uses (
	cog TEXT NOT NULL, 
	name TEXT NOT NULL, 
	period TEXT NOT NULL, 
	user_id INTEGER NOT NULL, 
	uses INTEGER NOT NULL, 
	at TIMESTAMP NOT NULL, 
	PRIMARY KEY (cog, name, period, user_id), 
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "limit_uses" VALUES('slots','spin','day:2026-01-01',1,2,'2026-01-01 12:05:06.500000');
CREATE TABLE link_codes (
	user_id INTEGER NOT NULL,
	code TEXT NOT NULL,
	public BOOLEAN DEFAULT 0 NOT NULL,
	taken_by INTEGER,
	expires_at TIMESTAMP NOT NULL,
	PRIMARY KEY (user_id),
	FOREIGN KEY(user_id) REFERENCES users (id),
	UNIQUE (code)
);
INSERT INTO "link_codes" VALUES(7,'PF5RB7',1,NULL,'2026-01-01 12:15:06.500000');
CREATE TABLE links (
	id INTEGER NOT NULL,
	kept_id INTEGER NOT NULL,
	merged_id INTEGER NOT NULL,
	points INTEGER NOT NULL,
	xp INTEGER NOT NULL,
	change_id INTEGER,
	created_at TIMESTAMP NOT NULL,
	undone_at TIMESTAMP,
	PRIMARY KEY (id),
	FOREIGN KEY(kept_id) REFERENCES users (id),
	FOREIGN KEY(merged_id) REFERENCES users (id)
);
INSERT INTO "links" VALUES(1,1,6,1,1,5,'2026-01-01 12:05:06.500000',NULL);
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
	finished_at TIMESTAMP, redeem TEXT, user_id INTEGER, track TEXT, token TEXT, message_id TEXT, page TEXT, begun_at TIMESTAMP, cooldown_until TIMESTAMP, everyone_until TIMESTAMP, refunded_at TIMESTAMP, note TEXT, cost INTEGER DEFAULT '0' NOT NULL, attempts INTEGER DEFAULT '0' NOT NULL, told BOOLEAN DEFAULT 1 NOT NULL, redemption TEXT, owner INTEGER, approval TEXT, approval_asked_at TIMESTAMP, approved_at TIMESTAMP, approved_by TEXT,
	PRIMARY KEY (id)
);
INSERT INTO "queue_items" VALUES(1,'effect','done','{"effect":"sound","name":"ding","volume":1.0}','2026-01-01 12:03:33.500000','2026-01-01 12:03:33.500000','2026-01-01 12:03:33.500000','sound',1,'sound','cbf559e90268e7be','message-18','fake',NULL,'2026-01-01 12:03:38.500000',NULL,NULL,NULL,12,0,1,NULL,NULL,'later',NULL,'2026-01-01 12:05:06.000000','mia');
INSERT INTO "queue_items" VALUES(2,'wheel','done','{"effect":"wheel","draw":1,"slices":[{"name":"Five points","weight":1},{"name":"A hug","weight":1}],"winner":0}','2026-01-01 12:04:04.500000','2026-01-01 12:04:04.500000','2026-01-01 12:04:04.500000','spin',1,'wheel','278aefad96c2e5ef','message-19','fake','2026-01-01 12:04:04.500000','2026-01-01 12:04:34.500000',NULL,NULL,'Alice won Five points! (+5 points)',100,0,1,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "queue_items" VALUES(3,'effect','failed','{"effect":"sound","name":"ding","volume":1.0}','2026-01-01 12:04:35.500000','2026-01-01 12:04:35.500000','2026-01-01 12:04:35.500000','sound',2,'sound','39f94ed170235dcc','message-20','fake',NULL,'2026-01-01 12:04:40.500000',NULL,'2026-01-01 12:04:35.500000','The overlay could not play it.',12,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "queue_items" VALUES(4,'tts','pending','{"effect":"speak","text":"good evening","voice":"","by":"Alice"}','2026-01-01 12:05:06.500000',NULL,NULL,'tts',1,'tts','7ccd96a9f8a41132','message-23',NULL,NULL,'2026-01-01 12:05:16.500000',NULL,NULL,NULL,25,0,1,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "queue_items" VALUES(5,'wheel','pending','{"effect":"wheel","draw":2,"slices":[{"name":"Five points","weight":1},{"name":"A hug","weight":1}],"winner":1}','2026-01-01 12:05:06.500000',NULL,NULL,'spin',2,'wheel','5adc986f395a71e8','message-24',NULL,NULL,'2026-01-01 12:05:36.500000',NULL,NULL,NULL,100,0,1,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "queue_items" VALUES(6,'tts','pending','{"effect":"speak","text":"from channel points","voice":"","by":"dave"}','2026-01-01 12:05:06.500000',NULL,NULL,'tts',4,'tts','7d341e5cd1428793',NULL,NULL,NULL,'2026-01-01 12:05:16.500000',NULL,NULL,NULL,0,0,1,'redemption-1',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "queue_items" VALUES(7,'effect','running','{"effect":"sound","name":"ding","volume":1.0}','2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000',NULL,'sound',2,'sound','0143ae19a57dd5d2','message-25','fake',NULL,'2026-01-01 12:05:11.500000',NULL,NULL,NULL,12,0,1,NULL,7,NULL,NULL,NULL,NULL);
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
CREATE TABLE stored_calls (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	cog TEXT NOT NULL, 
	name TEXT NOT NULL, 
	event TEXT DEFAULT '' NOT NULL, 
	value TEXT NOT NULL, 
	missed TEXT NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	due_at TIMESTAMP NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "stored_calls" VALUES(1,'schedule','slots','remind','','{}','once',0,'2026-01-02 12:05:06.500000','2026-01-01 12:05:06.500000');
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
INSERT INTO "transactions" VALUES(25,6,1,'chat',1,'2026-01-01 12:05:06.500000',NULL,NULL);
INSERT INTO "transactions" VALUES(26,7,1,'chat',1,'2026-01-01 12:05:06.500000',NULL,NULL);
INSERT INTO "transactions" VALUES(27,6,-1,'link',0,'2026-01-01 12:05:06.500000',5,'alice');
INSERT INTO "transactions" VALUES(28,1,1,'link',354,'2026-01-01 12:05:06.500000',5,'alice@joystick');
INSERT INTO "transactions" VALUES(29,2,-12,'redeem:sound',216,'2026-01-01 12:05:06.500000',NULL,NULL);
CREATE TABLE use_counts (
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	uses INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (kind, name)
);
INSERT INTO "use_counts" VALUES('sound','ding',2);
INSERT INTO "use_counts" VALUES('command','points',5);
CREATE TABLE users (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	points INTEGER DEFAULT '0',
	created_at TIMESTAMP,
	updated_at TIMESTAMP, platform TEXT DEFAULT 'twitch' NOT NULL, platform_id TEXT, display_name TEXT, voice TEXT, merged_into INTEGER, display_key TEXT,
	PRIMARY KEY (id),
	UNIQUE (name)
);
INSERT INTO "users" VALUES(1,'alice',354,'2026-01-01 12:00:00.000000','2026-01-01 12:05:06.500000','twitch','48206926798862','Alice',NULL,NULL,NULL);
INSERT INTO "users" VALUES(2,'bob',216,'2026-01-01 12:00:00.000000','2026-01-01 12:05:06.500000','twitch','142619720998354','bob','en-us',NULL,NULL);
INSERT INTO "users" VALUES(3,'carol',3,'2026-01-01 12:00:00.000000','2026-01-01 12:03:30.000000','twitch','83729833602343','carol',NULL,NULL,NULL);
INSERT INTO "users" VALUES(4,'dave',50,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000','twitch','107657884719493','dave',NULL,NULL,NULL);
INSERT INTO "users" VALUES(5,'pixel_street',0,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000','twitch','106183827360284','Pixel_Street',NULL,NULL,NULL);
INSERT INTO "users" VALUES(6,'alice@joystick',0,'2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000','joystick','alice','Alice',NULL,1,NULL);
INSERT INTO "users" VALUES(7,'eve@joystick',1,'2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000','joystick','eve','eve',NULL,NULL,NULL);
CREATE TABLE web_servers (
	id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	started_at TIMESTAMP NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "web_servers" VALUES(1,'http://localhost:8080','2026-01-01 12:05:06.500000');
CREATE TABLE web_sessions (
	id INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	user_agent TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	seen_at TIMESTAMP NOT NULL, 
	expires_at TIMESTAMP NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (hash)
);
INSERT INTO "web_sessions" VALUES(1,'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','Mozilla/5.0 (fixture)','2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000','2026-04-01 12:05:06.500000');
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
INSERT INTO "xp_records" VALUES(1,'alice',124,2,'2026-01-01 12:00:00.000000','2026-01-01 12:05:06.500000');
INSERT INTO "xp_records" VALUES(2,'bob',3,1,'2026-01-01 12:00:00.000000','2026-01-01 12:02:20.000000');
INSERT INTO "xp_records" VALUES(3,'carol',3,1,'2026-01-01 12:00:00.000000','2026-01-01 12:02:20.000000');
INSERT INTO "xp_records" VALUES(4,'dave',10,1,'2026-01-01 12:03:30.000000','2026-01-01 12:03:30.000000');
INSERT INTO "xp_records" VALUES(5,'alice@joystick',0,1,'2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000');
INSERT INTO "xp_records" VALUES(6,'eve@joystick',1,1,'2026-01-01 12:05:06.500000','2026-01-01 12:05:06.500000');
CREATE INDEX ix_transactions_user_id ON transactions (user_id);
CREATE INDEX ix_transactions_created_at ON transactions (created_at);
CREATE INDEX ix_cooldowns_expires_at ON cooldowns (expires_at);
CREATE INDEX ix_queue_items_kind_status ON queue_items (kind, status);
CREATE INDEX ix_queue_items_created_at ON queue_items (created_at);
CREATE UNIQUE INDEX ux_users_platform_id ON users (platform, platform_id);
CREATE INDEX ix_transactions_change_id ON transactions (change_id) WHERE change_id IS NOT NULL;
CREATE INDEX ix_queue_items_track_status ON queue_items (track, status);
CREATE INDEX ix_queue_items_user_id ON queue_items (user_id);
CREATE INDEX ix_queue_items_untold ON queue_items (id) WHERE told = 0;
CREATE INDEX ix_draws_prize ON draws (prize);
CREATE INDEX ix_draws_owed ON draws (id) WHERE owed = 1;
CREATE INDEX ix_redemptions_open ON redemptions (id) WHERE reported_at IS NULL;
CREATE INDEX ix_users_merged_into ON users (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ix_links_kept_id ON links (kept_id);
CREATE UNIQUE INDEX ux_links_merged_id ON links (merged_id) WHERE undone_at IS NULL;
CREATE UNIQUE INDEX ux_changes_batch ON changes (batch) WHERE batch IS NOT NULL AND undone_at IS NULL;
CREATE INDEX ix_users_points ON users (points DESC, id);
CREATE INDEX ix_xp_records_xp ON xp_records (xp DESC, id);
CREATE INDEX ix_event_claims_person ON event_claims (kind, person, at);
CREATE INDEX ix_users_display_key ON users (display_key) WHERE display_key IS NOT NULL;
CREATE INDEX ix_queue_items_approval ON queue_items (id) WHERE approval = 'waiting' AND status = 'pending';
CREATE INDEX ix_limit_uses_at ON limit_uses (at);
CREATE INDEX ix_followed_rows_link_id ON followed_rows (link_id);
CREATE INDEX ix_stored_calls_due_at ON stored_calls (due_at);
COMMIT;