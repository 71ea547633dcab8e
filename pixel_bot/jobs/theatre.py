"""Plays one item on the overlay, from the first message to the verdict."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pixel_bot.backends.tts import Engine
from pixel_bot.db.engine import Database
from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.jobs.limits import DONE, LONGEST_SOUND, Limits, Verdict, needs_sound
from pixel_bot.services import items
from pixel_bot.services.container import Services
from pixel_bot.services.items import Item
from pixel_bot.services.outcome import PlaySound, ShowOverlay, Speak, SpinWheel
from pixel_bot.services.overlay import Ack, Showing

log = logging.getLogger(__name__)

SILENT = "The overlay did not play it in time."
BROKEN = "The overlay could not play it."


class Theatre:
    """The overlay effects. A wheel that has begun is never given back: then its prize counts, seen or not."""

    def __init__(self, services: Services, speech: Engine, limits: Limits) -> None:
        self._overlay = services.overlay
        self._sounds = services.sounds
        self._database: Database = services.database
        self._clock = services.clock
        self._speech = speech
        self._limits = limits

    async def play(self, item: Item) -> Verdict:
        """One attempt.

        Returns:
            How it ended; ``again`` when no page could play it to its end.
        """
        try:
            message = await self._message(item)
        except (EffectFailed, ChatError) as exc:
            return Verdict("refund", str(exc))
        showing = await self._overlay.show(item.token, message, needs_sound=needs_sound(item.effect), had=item.page)
        if showing is None:
            return Verdict("again")
        try:
            if showing.screen.id != item.page:
                await self._write(lambda s: items.give_to(s, item.id, showing.screen.id))
            return await self._follow(item, showing)
        finally:
            showing.close()

    async def _follow(self, item: Item, showing: Showing) -> Verdict:
        wheel = isinstance(item.effect, SpinWheel)
        begun = item.begun_at is not None
        left = self._limits.wheel if begun else self._limits.margin
        while True:
            try:
                async with asyncio.timeout(left):
                    ack = await showing.next()
            except TimeoutError:
                await showing.stop()
                return DONE if wheel and begun else Verdict("refund", SILENT)
            if ack.state == "started":
                if wheel and not begun:
                    begun = True
                    await self._write(lambda s: items.begin(s, item.id, self._clock.now()))
                left = self._time_for(wheel, ack.seconds)
                continue
            return await self._judge(ack, showing, kept=wheel and begun)

    def _time_for(self, wheel: bool, seconds: float) -> float:
        if wheel:
            return self._limits.wheel
        return min(max(seconds, 0.0), LONGEST_SOUND) + self._limits.margin

    async def _judge(self, ack: Ack, showing: Showing, *, kept: bool) -> Verdict:
        if ack.state == "finished":
            return DONE
        if ack.state == "stopped":
            await showing.stop()
            return DONE if kept else Verdict("refund", ack.reason)
        if ack.state == "lost" or ack.reason in {"hidden", "blocked"}:
            return Verdict("again")
        return DONE if kept else Verdict("refund", BROKEN)

    async def _message(self, item: Item) -> Mapping[str, Any]:
        common = {"by": item.buyer}
        match item.effect:
            case Speak(text=text, voice=voice, by=by):
                spoken = f"{by}: {text}" if by else text
                speech = await self._speech.speak(spoken, voice)
                address = self._overlay.lend(item.token, speech.wav)
                return common | {"what": "speak", "text": text, "audio": address}
            case PlaySound(name=name, volume=volume):
                return common | {"what": "sound", "name": name, "audio": self._sound(name), "volume": volume}
            case ShowOverlay(text=text, sound=sound, seconds=seconds):
                audio = self._sound(sound) if sound else None
                return common | {"what": "show", "text": text, "audio": audio, "seconds": min(max(seconds, 1.0), 60.0)}
            case _:
                payload = item.payload
                return common | {"what": "wheel", "slices": payload["slices"], "winner": payload["winner"]}

    def _sound(self, name: str) -> str:
        if self._sounds.path(name) is None:
            raise EffectFailed(f"The sound {name} is gone.")
        return self._overlay.sound_address(name)

    async def _write(self, work: Callable[[Any], Awaitable[None]]) -> None:
        async with self._database.write() as session:
            await work(session)
