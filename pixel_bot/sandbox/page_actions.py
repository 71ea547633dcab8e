"""Page actions: to write, cheer, tip, redeem or moderate as a user of the sandbox."""

from datetime import UTC, datetime
from typing import cast

from pixel_bot.errors import PixelError
from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.joystick.page_actions import JoystickPageActions
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.channel_activity import ChannelActivity
from pixel_bot.sandbox.twitch.channel_points import RewardRefused
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import PERSONAS, Role, SandboxUser, is_login, may_remove, sandbox_user
from pixel_bot.texts import count, visible

ROLES: set[str] = {"viewer", "subscriber", "vip", "moderator", "joystick"}
LONGEST = 500
MOST = 10_000
MOST_LEVELS = 5
"""Of a hype train: more would only fill the screen."""


_FOLLOWS = "{name} follows already, and a follow pays once. Try another event or another viewer."


class Refused(PixelError):
    """The action is refused; the page shows this sentence."""


class PageActions:
    """Performs the requests of one page."""

    def __init__(self, twitch: TwitchDouble, joystick: JoystickDouble) -> None:
        self._twitch = twitch
        self._joystick = joystick
        self._on_joystick = JoystickPageActions(joystick)
        self._activity = ChannelActivity(twitch)

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
        happens = self._activity
        match kind:
            case "follow":
                words = await self._follow(who)
            case "sub":
                await happens.sub(who)
                words = "subscribed"
            case "resub":
                number = await happens.resub(who, number)
                words = f"has subscribed for {count(number, 'month')}"
            case "gift" | "gift3":
                await happens.gift(who, number, 3 if kind == "gift3" else 1)
                words = f"gifted {count(number, 'tier 3 sub' if kind == 'gift3' else 'sub')}"
            case "cheer":
                await happens.cheer(who, number)
                words = f"cheered {count(number, 'bit')}"
            case "raid":
                await happens.raid(who, number)
                words = f"raids with {count(number, 'viewer')}"
            case _:
                return await self._happen_more(who, kind, number)
        return _told(who, kind, number, words)

    async def _happen_more(self, who: SandboxUser, kind: str, number: int) -> Json | None:
        """What happens less often."""
        happens = self._activity
        match kind:
            case "power_up":
                await happens.power_up(who, number)
                words = f"used {count(number, 'bit')} for a power-up"
            case "upgrade":
                await happens.upgrade(who)
                words = "goes on with the sub that came with Prime"
            case "streak":
                await happens.watch_streak(who, number)
                words = f"watched {count(number, 'stream')} in a row"
            case "hype_train":
                await happens.hype_train(min(number, MOST_LEVELS))
                words = "and others drive a hype train"
            case _:
                return None
        return _told(who, kind, number, words)

    async def _follow(self, who: SandboxUser) -> str:
        if not self._twitch.users.begins_to_follow(who):
            raise Refused(_FOLLOWS.format(name=who.name))
        await self._twitch.emit("channel.follow", frames.follow(who, datetime.now(UTC)))
        return "followed"


def _told(who: SandboxUser, kind: str, number: int, words: str) -> Json:
    """What the page shows in its chat."""
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
