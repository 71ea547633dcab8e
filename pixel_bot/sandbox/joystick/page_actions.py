"""Page actions on Joystick.tv: to write, tip, follow, or enter as a viewer."""

from collections.abc import Awaitable, Callable
from typing import Any

from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.joystick.frames import Json
from pixel_bot.texts import count

MOST = 10_000

Happen = Callable[[str, int], Awaitable[str]]


class JoystickPageActions:
    """Performs actions as a viewer there."""

    def __init__(self, joystick: JoystickDouble) -> None:
        self._joystick = joystick
        self._events: dict[str, tuple[Happen, Callable[[int], str]]] = {
            "follow": (lambda who, _: joystick.follow(who), lambda _: "followed"),
            "sub": (lambda who, _: joystick.subscribe(who), lambda _: "subscribed"),
            "resub": (joystick.resubscribe, lambda n: f"has subscribed for {count(n, 'month')}"),
            "gift": (joystick.gift, lambda n: f"gifted {count(n, 'sub')}"),
            "tip": (joystick.tip, lambda n: f"tipped {count(n, 'token')}"),
            "enter": (lambda who, _: joystick.enter(who), lambda _: "came in"),
            "raid": (joystick.raid, lambda n: f"raids with {count(n, 'viewer')}"),
        }

    def spelt(self, name: str) -> str:
        """A name as its owner writes it, where somebody of that name is known."""
        known = (self._joystick.streamer, *self._joystick.moderators, *self._joystick.subscribers)
        return next((one for one in known if one.lower() == name.lower()), name)

    def follows(self, name: str) -> bool:
        """Whether somebody follows the channel."""
        return name.lower() in {one.lower() for one in self._joystick.followers}

    def knows(self, kind: str) -> bool:
        """Whether such a thing happens there."""
        return kind in self._events

    async def say(self, name: str, words: str) -> None:
        """Write in chat."""
        await self._joystick.say(name, words)

    async def happen(self, name: str, kind: str, amount: Any) -> Json:
        """Trigger an event. Returns the update for the page."""
        number = min(max(int(amount), 1), MOST) if isinstance(amount, int) else 1
        happen, words = self._events[kind]
        await happen(name, number)
        return {"type": "event", "kind": kind, "name": name, "amount": number, "text": f"{name} {words(number)}"}
