"""The double's Helix endpoints of people: chatters, moderators, VIPs, subscriptions, bans."""

from collections.abc import Iterable
from datetime import UTC, datetime

from starlette.responses import Response

from pixel_bot.sandbox.twitch.calls import Call, Handlers, Refusal, listed
from pixel_bot.sandbox.twitch.double import Ban, TwitchDouble
from pixel_bot.sandbox.twitch.frames import Json, timestamp
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser

MOST_CHATTERS = 1_000


class People:
    """Lists of people."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch
        self._users = twitch.users

    def handlers(self) -> Handlers:
        """By method and path."""
        return {
            ("GET", "chat/chatters"): self._chatters,
            ("GET", "moderation/moderators"): self._moderators,
            ("GET", "moderation/banned"): self._banned,
            ("GET", "channels/vips"): self._vips,
            ("GET", "subscriptions"): self._subscribers,
        }

    async def _chatters(self, call: Call) -> Response:
        call.required("broadcaster_id")
        moderator = call.as_self("moderator_id", "moderator:read:chatters")
        if call.one("broadcaster_id") != STREAMER.id or not self._users.moderates(moderator.id):
            raise Refusal(403, "The user in moderator_id is not one of the broadcaster's moderators.")
        there = {person.id: person for person in self._twitch.present if person.role != "joystick"}
        everybody = [_named(there[user_id]) for user_id in sorted(there)]
        rows, pagination = call.page(everybody, 100, MOST_CHATTERS)
        return listed(rows, pagination, total=len(everybody))

    async def _moderators(self, call: Call) -> Response:
        call.as_self("broadcaster_id", "moderation:read", "channel:manage:moderators")
        return self._listed(call, self._users.moderators)

    async def _banned(self, call: Call) -> Response:
        call.as_self("broadcaster_id", "moderation:read", "moderator:manage:banned_users")
        now, wanted = datetime.now(UTC), call.many("user_id")
        bans = [ban for ban in self._twitch.bans.values() if ban.until is None or ban.until > now]
        rows, pagination = call.page([_ban(ban) for ban in bans if not wanted or ban.who.id in wanted])
        return listed(rows, pagination)

    async def _vips(self, call: Call) -> Response:
        call.as_self("broadcaster_id", "channel:read:vips", "channel:manage:vips")
        return self._listed(call, self._users.vips)

    async def _subscribers(self, call: Call) -> Response:
        call.as_self("broadcaster_id", "channel:read:subscriptions")
        rows, pagination = call.page([_subscription(who) for who in self._wanted(call, self._users.subscribers)])
        total = len(self._users.subscribers)
        return listed(rows, pagination, total=total, points=total)

    def _listed(self, call: Call, holders: Iterable[str]) -> Response:
        rows, pagination = call.page([_named(who) for who in self._wanted(call, holders)])
        return listed(rows, pagination)

    def _wanted(self, call: Call, holders: Iterable[str]) -> list[SandboxUser]:
        wanted = call.many("user_id")
        return [who for who in self._users.those(holders) if not wanted or who.id in wanted]


def _named(who: SandboxUser) -> Json:
    return {"user_id": who.id, "user_login": who.login, "user_name": who.name}


def _ban(ban: Ban) -> Json:
    return {
        **_named(ban.who),
        "expires_at": timestamp(ban.until) if ban.until else "",
        "created_at": timestamp(ban.since),
        "reason": "",
        "moderator_id": ban.by.id,
        "moderator_login": ban.by.login,
        "moderator_name": ban.by.name,
    }


def _subscription(who: SandboxUser) -> Json:
    return {
        "broadcaster_id": STREAMER.id,
        "broadcaster_login": STREAMER.login,
        "broadcaster_name": STREAMER.name,
        "gifter_id": "",
        "gifter_login": "",
        "gifter_name": "",
        "is_gift": False,
        "plan_name": f"Channel Subscription ({STREAMER.login})",
        "tier": "1000",
        **_named(who),
    }
