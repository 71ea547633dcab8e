"""The double's Helix endpoints of people: chatters, moderators, VIPs, subscriptions, bans, and what mods do."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import cast

from starlette.responses import Response

from pixel_bot.sandbox.twitch.calls import Call, Handlers, Refusal, listed
from pixel_bot.sandbox.twitch.double import Ban, TwitchDouble
from pixel_bot.sandbox.twitch.frames import Json, timestamp
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser

MOST_CHATTERS = 1_000
LONGEST_REASON = 500
LONGEST_SECONDS = 1_209_600
DELETABLE_HOURS = 6


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


class Moderation:
    """What mods do (https://dev.twitch.tv/docs/api/reference/#ban-user and its neighbours)."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch
        self._users = twitch.users

    def handlers(self) -> Handlers:
        """By method and path."""
        return {
            ("DELETE", "moderation/chat"): self._delete,
            ("POST", "moderation/bans"): self._ban,
            ("DELETE", "moderation/bans"): self._unban,
            ("POST", "moderation/warnings"): self._warn,
        }

    async def _delete(self, call: Call) -> Response:
        moderator = self._moderator(call, "moderator:manage:chat_messages")
        if not (message_id := call.one("message_id")):
            await self._twitch.clear()
            return Response(status_code=204)
        message = self._twitch.chat_log.find(message_id)
        if message is None or message.removed:
            raise Refusal(404, "The ID in message_id was not found.")
        if datetime.now(UTC) - message.at > timedelta(hours=DELETABLE_HOURS):
            raise Refusal(404, "The specified message was created more than 6 hours ago.")
        if message.who.id == STREAMER.id:
            raise Refusal(400, "You cannot delete messages that belong to the broadcaster.")
        if self._is_safe_from(message.who, moderator):
            raise Refusal(400, "You cannot delete messages that belong to another moderator.")
        await self._twitch.delete(message)
        return Response(status_code=204)

    async def _ban(self, call: Call) -> Response:
        moderator = self._moderator(call, "moderator:manage:banned_users")
        data, target = self._target(call)
        seconds = data.get("duration")
        if seconds is not None and (not isinstance(seconds, int) or not 1 <= seconds <= LONGEST_SECONDS):
            raise Refusal(400, f"The duration must be between 1 and {LONGEST_SECONDS} seconds.")
        self._reason(data)
        if target.id == STREAMER.id or self._is_safe_from(target, moderator):
            raise Refusal(400, "The user specified in the user_id field may not be banned.")
        there = self._twitch.bans.get(target.id)
        if there is not None and there.until is None:
            raise Refusal(400, "The user specified in the user_id field is already banned.")
        now = datetime.now(UTC)
        until = now + timedelta(seconds=seconds) if seconds is not None else None
        await self._twitch.ban(target, until, moderator)
        ends = timestamp(until) if until is not None else None
        row = {**self._row(moderator, target), "created_at": timestamp(now), "end_time": ends}
        return listed([row])

    async def _unban(self, call: Call) -> Response:
        moderator = self._moderator(call, "moderator:manage:banned_users")
        target = self._users.by_id(call.required("user_id"))
        if target is None or target.id not in self._twitch.bans:
            raise Refusal(400, "The user specified in the user_id parameter is not banned.")
        await self._twitch.unban(target, moderator)
        return Response(status_code=204)

    async def _warn(self, call: Call) -> Response:
        moderator = self._moderator(call, "moderator:manage:warnings")
        data, target = self._target(call)
        if not (reason := self._reason(data)):
            raise Refusal(400, 'Missing required parameter "reason"')
        if target.id == STREAMER.id or self._is_safe_from(target, moderator):
            raise Refusal(400, "The user specified in the user_id field may not be warned.")
        self._twitch.warnings.append((target, reason))
        return listed([{**self._row(moderator, target), "reason": reason}])

    def _moderator(self, call: Call, *scopes: str) -> SandboxUser:
        call.required("broadcaster_id")
        moderator = call.as_self("moderator_id", *scopes)
        if call.one("broadcaster_id") != STREAMER.id or not self._users.moderates(moderator.id):
            raise Refusal(403, "The user in moderator_id is not one of the broadcaster's moderators.")
        return moderator

    def _target(self, call: Call) -> tuple[Json, SandboxUser]:
        data: object = call.fields().get("data")
        fields = cast(Json, data) if isinstance(data, dict) else {}
        if not fields.get("user_id"):
            raise Refusal(400, 'Missing required parameter "user_id"')
        target = self._users.by_id(str(fields["user_id"]))
        if target is None:
            raise Refusal(400, "The ID in the user_id field is not valid.")
        return fields, target

    def _reason(self, data: Json) -> str:
        reason = str(data.get("reason") or "")
        if len(reason) > LONGEST_REASON:
            raise Refusal(400, f"The text in the reason field is longer than {LONGEST_REASON} characters.")
        return reason

    def _is_safe_from(self, author: SandboxUser, moderator: SandboxUser) -> bool:
        """Mods are safe from each other, not from the streamer."""
        return moderator.id != STREAMER.id and author.id != moderator.id and self._users.moderates(author.id)

    def _row(self, moderator: SandboxUser, target: SandboxUser) -> Json:
        return {"broadcaster_id": STREAMER.id, "moderator_id": moderator.id, "user_id": target.id}


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
