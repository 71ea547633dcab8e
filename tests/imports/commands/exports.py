"""Files as other bots export them. Channels and people are invented."""

from typing import Any

NIGHTBOT: dict[str, Any] = {
    "_total": 9,
    "status": 200,
    "commands": [
        {
            "_id": "5a1",
            "name": "!hug",
            "message": "$(user) hugs $(touser)! Hug number $(count).",
            "userLevel": "everyone",
            "coolDown": 5,
            "count": 41,
        },
        {
            "_id": "5a2",
            "name": "!specs",
            "message": "Ryzen, 32 GB.",
            "userLevel": "moderator",
            "coolDown": 30,
            "count": 2,
        },
        {"_id": "5a3", "name": "!sum", "message": "$(eval 1+1)", "userLevel": "everyone", "coolDown": 5, "count": 0},
        {
            "_id": "5a4",
            "name": "!cat",
            "message": "$(urlfetch https://cats.example.com/fact?q=$(querystring))",
            "userLevel": "twitch_vip",
            "coolDown": 10,
            "count": 0,
        },
        {"_id": "5a5", "name": "!wx", "message": "$(weather Bonn)", "userLevel": "regular", "coolDown": 10, "count": 0},
        {
            "_id": "5a6",
            "name": "!pc",
            "alias": "!specs",
            "message": "",
            "userLevel": "everyone",
            "coolDown": 5,
            "count": 0,
        },
        {
            "_id": "5a7",
            "name": "!bighug",
            "alias": "!hug",
            "message": "everybody",
            "userLevel": "everyone",
            "coolDown": 5,
        },
        {
            "_id": "5a8",
            "name": "!points",
            "message": "There are none.",
            "userLevel": "everyone",
            "coolDown": 5,
            "count": 0,
        },
        {"_id": "5a9", "name": "!boss", "message": "Only me.", "userLevel": "a new level", "coolDown": 5, "count": 0},
    ],
}

NIGHTBOT_TIMERS: dict[str, Any] = {
    "_total": 2,
    "status": 200,
    "timers": [
        {
            "_id": "6a1",
            "name": "Discord",
            "message": "Come to discord.example.com",
            "interval": "*/15 * * * *",
            "lines": 2,
            "enabled": True,
        },
        {"_id": "6a2", "name": "Water", "message": "Drink!", "interval": "0 */2 * * *", "lines": 0, "enabled": False},
    ],
}


def streamelements(command: str, reply: str, **more: Any) -> dict[str, Any]:
    """One command, with all fields of the real ones."""
    usual: dict[str, Any] = {
        "cooldown": {"user": 15, "global": 5},
        "aliases": [],
        "keywords": [],
        "enabled": True,
        "enabledOnline": True,
    }
    usual |= {
        "enabledOffline": True,
        "hidden": False,
        "cost": 0,
        "type": "say",
        "accessLevel": 100,
        "_id": "5c0a5172de9a",
    }
    return {**usual, "command": command, "reply": reply, "channel": "5b2e2007760a", **more}


STREAMELEMENTS: list[dict[str, Any]] = [
    streamelements("discord", "${sender}, come to discord.example.com", aliases=["dc", "Server", "points"]),
    streamelements("so", "Follow @$(1|sender), who played ${touser.game}!", accessLevel=500, type="reply"),
    streamelements("tree", "${random.pick 'oak' 'birch'} for ${user.points_rank}", cost=50, accessLevel=250),
    streamelements("secret", "Psst", type="whisper"),
    streamelements("old", "Gone", enabled=False),
    streamelements("super", "S", accessLevel=1_000, keywords=["super duper"]),
    streamelements("live", "We are", enabledOffline=False),
    streamelements("sung", "$(songs.current)"),
]

STREAMELEMENTS_TIMER: dict[str, Any] = {
    "online": {"enabled": True, "interval": 5},
    "offline": {"enabled": True, "interval": 30},
    "enabled": True,
    "chatLines": 7,
    "_id": "5c0aa9d3de9a",
    "channel": "5b2e2007760a",
    "name": "Rules",
    "message": "Be kind.",
}

FOSSABOT: dict[str, Any] = {
    "roles": [
        {"id": "r-sub", "name": "Subscriber", "default": True},
        {"id": "r-vip", "name": "VIP", "default": True},
        {"id": "r-mod", "name": "Moderator", "default": True},
        {"id": "r-own", "name": "Broadcaster", "default": True},
        {"id": "r-fake", "name": "Moderator", "default": False},
    ],
    "commands": [
        {
            "name": "camera",
            "response": "@$(user), a webcam",
            "type": "custom",
            "aliases": ["cam"],
            "role_ids": [],
            "enabled_online": True,
            "enabled_offline": True,
        },
        {
            "name": "subs",
            "response": "S",
            "type": "custom",
            "aliases": [],
            "role_ids": ["r-sub", "r-vip", "r-mod", "r-own"],
            "enabled_online": True,
            "enabled_offline": True,
        },
        {
            "name": "gap",
            "response": "G",
            "type": "custom",
            "aliases": [],
            "role_ids": ["r-sub", "r-mod"],
            "enabled_online": True,
            "enabled_offline": False,
        },
        {
            "name": "fake",
            "response": "F",
            "type": "custom",
            "aliases": [],
            "role_ids": ["r-fake"],
            "enabled_online": False,
            "enabled_offline": False,
        },
        {
            "name": "uptime",
            "response": "Returns how long the stream has been on.",
            "type": "default",
            "aliases": [],
            "role_ids": [],
            "enabled_online": True,
            "enabled_offline": True,
        },
    ],
}

STREAMLABS: dict[str, Any] = {
    "pagination": {"current": 1, "total": 1},
    "data": [
        {
            "id": "1a",
            "user_id": 7,
            "command": "!hi",
            "permission": {"level": 163, "info": {}},
            "response": "Hi {user.name}!",
            "response_type": "Chat",
            "cooldowns": {"global": 3, "user": 9},
            "aliases": ["!hello"],
            "platforms": 1,
            "enabled": True,
            "cost": {"base": 25},
        },
        {
            "id": "1b",
            "user_id": 7,
            "command": "!mods",
            "permission": {"level": 160},
            "response": "M",
            "cooldowns": {"global": 0, "user": 0},
            "aliases": [],
            "enabled": 0,
        },
        {
            "id": "1c",
            "user_id": 7,
            "command": "!fetch",
            "permission": {"level": 1},
            "response": "{readapi.https://a.example.com/x}",
            "cooldowns": {"global": 0, "user": 0},
            "aliases": [],
            "enabled": True,
        },
    ],
}

DESKTOP: list[dict[str, Any]] = [
    {
        "Command": "!Lurk",
        "Permission": "Everyone",
        "Info": "",
        "Group": "GENERAL",
        "Response": "$username lurks.",
        "Cooldown": 0.5,
        "UserCooldown": 2,
        "Cost": 10,
        "Count": 3,
        "Usage": "SC",
        "Enabled": True,
        "SoundFile": "",
    },
    {
        "Command": "!horn",
        "Permission": "Min_Rank",
        "Info": "Captain",
        "Response": "Toot $readfile",
        "Cooldown": 0,
        "UserCooldown": 0,
        "Cost": 0,
        "Count": 0,
        "Usage": "SC",
        "Enabled": True,
        "SoundFile": "C:\\horn.mp3",
    },
]
