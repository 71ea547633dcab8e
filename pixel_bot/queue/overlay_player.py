"""Overlay player: plays one item on an overlay page, from the first message to the result."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from pixel_bot.backends.tts import Engine
from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.model.outcome import COUNTS_FROM, OverlayEffect, PlaySound, Run, ShowOverlay, Speak, fields_of
from pixel_bot.overlay.overlay import Playback
from pixel_bot.overlay.pages import Ack, AckState, OverlayPage
from pixel_bot.overlay.widgets import cleaned
from pixel_bot.queue.attempt import DONE, RETRY, Attempt, Result, ResultKind, Stopped
from pixel_bot.queue.limits import Limits, needs_sound
from pixel_bot.queue.result_writer import retry_until_written
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import Item
from pixel_bot.services import Services
from pixel_bot.sounds.library import LONGEST_SOUND
from pixel_bot.texts import plain
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

SILENT = later("The overlay did not play it in time.")
BROKEN = later("The overlay could not play it.")


class OverlayPlayer:
    """Plays the effects of the overlay. ``bleeped`` takes blocked words out of what is shown and spoken."""

    def __init__(self, services: Services, speech: Engine, limits: Limits, bleeped: Callable[[str], str]) -> None:
        self._overlay = services.overlay
        self._sounds = services.sounds
        self._database = services.database
        self._clock = services.clock
        self._speech = speech
        self._bleeped = bleeped
        self._limits = limits

    async def play(self, attempt: Attempt) -> Result:
        """Play one attempt.

        Returns:
            Its result; a retry when no page could play it to its end.
        """
        item = attempt.item
        try:
            message = await attempt.unless_stopped(self._message(item))
            page = await attempt.unless_stopped(
                self._overlay.choose(needs_sound=needs_sound(item.effect), previous=item.page)
            )
            if page is None:
                return RETRY
            # Written before the page gets the message: after a crash the same page is asked first, and its memory of
            # the token keeps the effect from being played twice.
            if page.id != item.page:
                await self._write(lambda s: queue_items.give_to(s, item.id, page.id))
            return await self._play_on(page, attempt, message)
        except (EffectFailed, ChatError) as exc:
            return Result.refund(str(exc))
        except Stopped as exc:
            return exc.result
        finally:
            self._overlay.remove_audio(item.token)

    async def _play_on(self, page: OverlayPage, attempt: Attempt, message: Mapping[str, Any]) -> Result:
        playback = await self._overlay.play(page, attempt.item.token, message)
        try:
            result = await self._follow(attempt, playback)
        except Stopped as exc:
            result = exc.result
        finally:
            playback.close()
        if result.kind is ResultKind.REFUND:
            # Also after a timeout: a page that comes back to life must not play what is refunded.
            await playback.stop()
        return result

    async def _follow(self, attempt: Attempt, playback: Playback) -> Result:
        item = attempt.item
        marks_begin = fields_of(item.payload).get(COUNTS_FROM) == "begun"
        # What was seen to begin before a restart gets its full time, without waiting for a new start.
        left = self._limits.begun if item.begun_at is not None else self._limits.margin
        while True:
            try:
                async with asyncio.timeout(left):
                    ack = await attempt.unless_stopped(playback.next())
            except TimeoutError:
                return Result.refund(_(SILENT))
            if ack.state is not AckState.STARTED:
                _log_failure(item, ack)
                return _result_of(ack)
            if marks_begin:
                # From here on it counts, also after a crash: an item with ``begun_at`` is never refunded.
                await self._write(lambda s: queue_items.begin(s, item.id, self._clock.now()))
            # Art may say that it takes less than the time that it was given; it has all of that.
            least = _seconds(item.effect) if isinstance(item.effect, OverlayEffect) else 0.0
            left = min(max(ack.seconds, least), LONGEST_SOUND) + self._limits.margin

    async def _message(self, item: Item) -> Mapping[str, Any]:
        common = {"by": self._bleeped(item.buyer)}
        match item.effect:
            case Speak(text=text, voice=voice, by=by):
                text = self._bleeped(text)
                speech = await self._speech.speak(f"{self._bleeped(by)}: {text}" if by else text, voice)
                address = self._overlay.add_audio(item.token, speech.wav)
                return common | {"what": "speak", "text": text, "audio": address}
            case PlaySound(name=name, volume=volume):
                return common | {"what": "sound", "name": name, "audio": self._sound(name), "volume": volume}
            case ShowOverlay(text=text, image=image, cog=cog):
                picture = self._file(cog, image, self._overlay.art.image(cog, image)) if image else None
                shown = {"what": "show", "text": self._bleeped(text), "image": picture}
                return common | self._show(item.effect) | shown
            case OverlayEffect(name=name, data=data, cog=cog):
                module = self._file(cog, f"{name}.js", self._overlay.art.module(cog, name))
                shown = {"what": "art", "name": name, "module": module, "data": cleaned(data, self._bleeped)}
                return common | self._show(item.effect) | shown
            case Run(name=name):
                raise EffectFailed(_("{name} is nothing that the overlay could show.", name=name))

    def _show(self, effect: ShowOverlay | OverlayEffect) -> dict[str, Any]:
        """How long it is shown, and with which sound."""
        own = self._overlay.art.sound(effect.cog, effect.sound)
        if own is not None:
            audio = self._overlay.art.address(effect.cog, own)
        else:
            audio = self._sound(effect.sound) if effect.sound else None
        return {"audio": audio, "seconds": _seconds(effect)}

    def _file(self, cog: str, name: str, path: Path | None) -> str:
        if path is None:
            raise EffectFailed(_("The file {name} is gone.", name=name))
        return self._overlay.art.address(cog, path)

    def _sound(self, name: str) -> str:
        if self._sounds.path(name) is None:
            raise EffectFailed(_("The sound {name} is gone.", name=name))
        return self._overlay.sound_address(name)

    async def _write(self, work: Callable[[Any], Awaitable[object]]) -> None:
        async def write() -> None:
            async with self._database.write() as session:
                await work(session)

        await retry_until_written(write)


def _seconds(effect: ShowOverlay | OverlayEffect) -> float:
    return min(max(effect.seconds, 1.0), 60.0)


def _log_failure(item: Item, ack: Ack) -> None:
    """What a cog's own art has raised, for its author."""
    if ack.state is AckState.FAILED and isinstance(item.effect, OverlayEffect) and ack.detail:
        name, cog = item.effect.name, item.effect.cog
        log.error("The overlay effect %s of the cog %s failed: %s.", name, cog, plain(ack.detail))


def _result_of(ack: Ack) -> Result:
    if ack.state is AckState.FINISHED:
        return DONE
    if ack.state is AckState.LOST:
        return RETRY
    if ack.reason in {"hidden", "blocked"}:
        return Result(ResultKind.RETRY, released=True)
    return Result.refund(_(BROKEN))
