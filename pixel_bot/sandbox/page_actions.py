"""Page actions: to write, cheer, tip, redeem or moderate as a user of the sandbox."""

import secrets
from datetime import UTC, datetime
from typing import cast

from pixel_bot.errors import PixelError
from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.joystick.page_actions import JoystickPageActions
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.channel_points import RewardRefused
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import PERSONAS, Role, SandboxUser, is_login, may_remove, sandbox_user
from pixel_bot.texts import count, visible

ROLES: set[str] = {"viewer", "subscriber", "vip", "moderator", "joystick"}
LONGEST = 500
MOST = 10_000


_FOLLOWS = "{name} follows already, and a follow pays once. Try another event or another viewer."


class Refused(PixelError):
    """The action is refused; the page shows this sentence."""


class PageActions:
    """Performs the requests of one page."""

    def __init__(self, twitch: TwitchDouble, joystick: JoystickDouble) -> None:
        self._twitch = twitch
        self._joystick = joystick
        self._on_joystick = JoystickPageActions(joystick)

    def pick(self, login: str, role: str = "") -> SandboxUser:
        """The user that the page acts as. Without a role, the known user of that name.

        Raises:
            Refused: it is no name.
        """
        shown = login.strip()
        login = shown.lower()
        if not is_login(login):
            raise Refused("A name has 1 to 25 letters, digits or underscores.")
        there = role == "joystick"
        # The same name on the other platform is somebody else.
        known = (p for p in PERSONAS if p.login == login and (not role or there == (p.role == "joystick")))
        if persona := next(known, None):
            return persona if persona.role == "joystick" else self._twitch.users.settle(persona)
        if there:
            return sandbox_user(login, "joystick", self._on_joystick.spelt(shown))
        return self._twitch.users.settle(sandbox_user(login, cast(Role, role) if role in ROLES else "viewer"))

    async def perform(self, who: SandboxUser | None, request: Json) -> Json | None:
        """Perform a request as ``who``. Returns an update for the page; unknown requests do nothing.

        Raises:
            Refused: it may not be, or nobody was picked.
        """
        kind = request.get("do")
        if kind not in ("say", "event", "delete", "timeout", "redeem", "stream"):
            return None
        if who is None:
            raise Refused("Pick somebody to type as first.")
        if who.role == "joystick" and kind != "stream":
            return await self._perform_on_joystick(who, kind, request)
        match kind:
            case "say":
                if words := _fitting(request, "Twitch"):
                    await self._twitch.say(who, words)
            case "delete":
                await self._delete(who, str(request.get("id", "")))
            case "timeout":
                await self._time_out(who, str(request.get("login", "")))
            case "redeem":
                await self._redeem(who, str(request.get("id", "")), _fitting(request, "Twitch"))
            case "stream":
                await self._stream(request.get("live"))
            case _:
                return await self._happen(who, str(request.get("kind", "")), request.get("amount"))
        return None

    async def _perform_on_joystick(self, who: SandboxUser, kind: str, request: Json) -> Json | None:
        """The same for a viewer on Joystick.tv."""
        what = str(request.get("kind", ""))
        match kind:
            case "say":
                words = _fitting(request, "Joystick.tv")
                if words:
                    await self._on_joystick.say(who.name, words)
            case "event" if self._on_joystick.knows(what):
                if what == "follow" and self._on_joystick.follows(who.name):
                    raise Refused(_FOLLOWS.format(name=who.name))
                return await self._on_joystick.happen(who.name, what, request.get("amount"))
            case "event":
                return None
            case _:
                raise Refused("That is Twitch's. Pick a viewer of Twitch for it.")
        return None

    async def _delete(self, who: SandboxUser, message_id: str) -> None:
        message = self._twitch.chat_log.find(message_id)
        if message is None:
            raise Refused("That message is too old to be deleted.")
        if not may_remove(who, message.who):
            raise Refused("Only mods delete messages, and not those of other mods or the streamer.")
        await self._twitch.delete(message)

    async def _time_out(self, who: SandboxUser, login: str) -> None:
        author = self._twitch.users.by_login(login)
        if (
            author is None
            or author.role in {"broadcaster", "bot"}
            or author.id == who.id
            or not may_remove(who, author)
        ):
            raise Refused("Only mods time somebody out, and not other mods, the streamer or the bot.")
        await self._twitch.time_out(author, who)

    async def _redeem(self, who: SandboxUser, reward_id: str, words: str) -> None:
        try:
            await self._twitch.redeem(who, reward_id, words)
        except RewardRefused as refusal:
            raise Refused(str(refusal)) from None

    async def _stream(self, live: object) -> None:
        for double in (self._twitch, self._joystick):
            await (double.go_live() if live is True else double.go_offline())

    async def _happen(self, who: SandboxUser, kind: str, amount: object) -> Json | None:
        number = min(max(int(amount), 1), MOST) if isinstance(amount, int) else 1
        now = datetime.now(UTC)
        events: dict[str, tuple[str, Json, str]] = {
            "follow": ("channel.follow", frames.follow(who, now), "followed"),
            "sub": ("channel.subscribe", frames.subscribe(who), "subscribed"),
            "resub": (
                "channel.subscription.message",
                frames.resub(who, number),
                f"has subscribed for {count(number, 'month')}",
            ),
            "gift": ("channel.subscription.gift", frames.gift(who, number), f"gifted {count(number, 'sub')}"),
            "cheer": ("channel.cheer", frames.cheer(who, number), f"cheered {count(number, 'bit')}"),
            "raid": ("channel.raid", frames.raid(who, number), f"raids with {count(number, 'viewer')}"),
        }
        if kind not in events:
            return None
        if kind == "follow" and not self._twitch.users.begins_to_follow(who):
            raise Refused(_FOLLOWS.format(name=who.name))
        if kind in {"sub", "resub"}:
            self._twitch.users.subscribers.add(who.id)
        subscription, event, words = events[kind]
        await self._twitch.notify(subscription, event, secrets.token_hex(16), now)
        return {"type": "event", "kind": kind, "name": who.name, "amount": number, "text": f"{who.name} {words}"}


def _fitting(request: Json, platform: str) -> str:
    """The words of a request.

    Raises:
        Refused: they are too many for one message.
    """
    words = visible(str(request.get("text", "")))
    if len(words) > LONGEST:
        raise Refused(f"{platform} takes {LONGEST} characters in one message.")
    return words
