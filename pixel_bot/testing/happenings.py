"""What happens around a chat in a test: events, the stream, redemptions, and time that passes."""

import dataclasses
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pixel_bot.bot.bot import PixelBot
from pixel_bot.bot.joystick import JoystickChannel
from pixel_bot.model.channel_events import ChannelEvent
from pixel_bot.model.event import Event
from pixel_bot.model.people import Person, Platform
from pixel_bot.model.stream_events import Redemption, StreamOffline, StreamOnline
from pixel_bot.model.stream_state import Broadcast, Stream
from pixel_bot.testing.clock import SettableClock


class Line(str):
    """What the bot said, and where."""

    platform: Platform

    def __new__(cls, text: str, platform: Platform) -> "Line":
        line = super().__new__(cls, text)
        line.platform = platform
        return line


def once(lines: Sequence[str]) -> list[str]:
    """What was said, in order; what was said in every chat stands once."""
    told: list[str] = []
    first: dict[str, list[str | None]] = {}
    for line in lines:
        place, places = getattr(line, "platform", None), first.setdefault(line, [])
        if (other := next((there for there in places if there != place), None)) is not None:
            places.remove(other)  # its counterpart: the next one is another sentence
            continue
        places.append(place)
        told.append(line)
    return told


class Happenings:
    """Makes things happen to a bot; what it does then takes its time."""

    def __init__(self, bot: PixelBot, clock: SettableClock, joystick: JoystickChannel) -> None:
        self._bot = bot
        self._clock = clock
        self._joystick = joystick
        self.streams: dict[Platform, Stream] = {"twitch": bot.services.stream, "joystick": Stream()}
        for platform, stream in self.streams.items():
            bot.live.follow(platform, stream)

    def event(self, event: Event | type[Event], who: Person | None, fields: dict[str, Any]) -> None:
        """An event, or one of that class with that person and those fields."""
        made = self._made(event, who, fields) if isinstance(event, type) else event
        match made:
            case ChannelEvent() if made.person is not None and made.person.platform == "joystick":
                self._joystick.on_channel_event(made)
            case ChannelEvent():
                self._bot.events.start(made, self._bot.channels["twitch"])
            case StreamOnline(platform=platform, since=since, stream_id=stream_id):
                self.streams[platform].went_live(Broadcast(stream_id, since))
            case StreamOffline(platform=platform):
                self.streams[platform].went_offline()
            case Redemption():
                self._bot.channels["twitch"].tasks.spawn(self._bot.runtime.on_redemption(made))
            case _:
                self._bot.runtime.bus.publish(made)

    def online(self, platform: Platform) -> None:
        """The stream begins now."""
        self.streams[platform].went_live(Broadcast(secrets.token_hex(4), self._clock.now()))

    def offline(self, platform: Platform) -> None:
        """The stream ends now."""
        self.streams[platform].went_offline()

    async def time(self, seconds: float) -> None:
        """So many seconds pass; what is due meanwhile is done at its moment, in order."""
        end = self._clock.now() + timedelta(seconds=seconds)
        while (due := self._bot.runtime.timers.next_due()) is not None and due <= end:
            await self._at(max(due, self._clock.now()))
        await self._at(end)

    async def _at(self, moment: datetime) -> None:
        self._clock.set(moment)
        self._bot.runtime.confirmations.look()
        await self._bot.runtime.timers.turn()
        await self._bot.settled()

    def _made(self, kind: type[Event], who: Person | None, fields: dict[str, Any]) -> Event:
        values: dict[str, Any] = dict(fields)
        now, new = self._clock.now(), secrets.token_hex(8)
        usual: dict[str, Any] = {
            "event_id": new,
            "person": who,
            "at": now,
            "platform": "twitch",
            "since": now,
            "stream_id": new,
            "redemption_id": new,
            "reward_id": new,
            "cost": 100,
            "text": "",
        }
        names = [field.name for field in dataclasses.fields(kind)]  # pyright: ignore[reportArgumentType] - all are dataclasses
        required = {
            field.name
            for field in dataclasses.fields(kind)  # pyright: ignore[reportArgumentType]
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        }
        values |= {name: usual[name] for name in names if name in required and name in usual and name not in values}
        return kind(**values)
