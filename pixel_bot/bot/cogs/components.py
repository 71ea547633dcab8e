"""Cog classes come into the bot and go, all or nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twitchio.ext import commands
from typing_extensions import override

from pixel_bot.bot.cogs.cog_base import CogBase
from pixel_bot.bot.cogs.face import CogFace
from pixel_bot.bot.cogs.hearing import instead_of
from pixel_bot.bot.cogs.loader import CogLoader
from pixel_bot.bot.redeem_command import offers_of, redeems_of
from pixel_bot.model.last_good import LastGoodFile
from pixel_bot.overlay.widgets import Widget
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.web.setup import Step


class CogComponents(CogFace):
    """The bot, as far as it holds cog classes."""

    cogs: CogLoader
    dispatcher: Dispatcher

    @override
    async def close(self, **options: Any) -> None:
        """Take all cogs away, and end the connections."""
        await self.runtime.close()
        await self.outside.close()
        await super().close(**options)

    @override
    async def add_component(self, component: commands.Component, /) -> None:
        """Add a cog, all or nothing: TwitchIO's clean-up would take away commands of those who had the names first.

        Raises:
            ComponentLoadError: its name, or that of a command, is taken.
        """
        names = [n for c in component.__all_commands__.values() for n in (c.name, *c.aliases)]
        taken = [n for n in names if n in self.commands_by_name]
        if taken:
            raise commands.ComponentLoadError(f"{self.prefix}{taken[0]} exists already, in another cog")
        if component.name in self.component_names:
            raise commands.ComponentLoadError(f"a cog class named {component.name} is loaded already")
        self.runtime.check(component)
        try:
            await self.redeems.offer(offers_of(component.__all_commands__.values()))
        except ValueError as exc:
            raise commands.ComponentLoadError(str(exc)) from exc
        try:
            self.dispatcher.effects.add(component)
            for found in redeems_of(component.__all_commands__.values()):
                self.services.hooks.add(found.offer.key, found.hooks_of(component))
            await self.services.cog_tables.prepare(component)
            await self._add_widgets(component)
            await super().add_component(component)
            self.cogs.note_component(component)
            self.runtime.add(component)
            self.reasons.update(_reasons_of(component))
            self.services.files.add(_files_of(component))
        except BaseException:
            self._forget(component)
            raise

    @override
    async def remove_component(self, name: str, /) -> commands.Component | None:
        """Take a cog away, with what it offers."""
        component = await super().remove_component(name)
        if component is not None:
            self._forget(component)
        return component

    def cog_begins(self, name: str, folder: Path | None) -> None:
        """A cog is put in: its art is there before its redeems are."""
        self.overlay.art.put(name, folder)

    async def cog_settled(self, name: str, *, loaded: bool) -> None:
        """A cog was put in, or is gone: what it no longer has leaves the overlay."""
        await self.overlay.widgets.settle(name)
        if not loaded:
            self.overlay.art.remove(name)

    def cog_ended(self, name: str) -> None:
        """A cog was taken away: what it was doing ends."""
        self.runtime.bus.stop(name)

    def _forget(self, component: commands.Component) -> None:
        self.runtime.remove(component)
        for reason in _reasons_of(component):
            self.reasons.pop(reason, None)
        self.services.files.remove(_files_of(component))
        keys = [offer.key for offer in offers_of(component.__all_commands__.values())]
        self.redeems.withdraw(keys)
        for key in keys:
            self.services.hooks.remove(key)
        self.dispatcher.effects.remove(component)
        self.overlay.widgets.remove(_widgets_of(component))
        self.services.cog_tables.remove(component)

    async def _add_widgets(self, component: commands.Component) -> None:
        try:
            await self.overlay.widgets.add(self.cogs.owner_of(component), _widgets_of(component))
        except ValueError as exc:
            raise commands.ComponentLoadError(str(exc)) from exc

    def setup_steps(self) -> list[Step]:
        """What the set-up page says about the features of cogs. One that fails at that says nothing."""
        found: list[Step] = []
        for component in tuple(self._components.values()):
            try:
                step = component.setup_step() if isinstance(component, CogBase) else None
            except Exception as exc:  # noqa: BLE001 - the boundary to a cog
                self.runtime.faults.report(self.cogs.owner_of(component), "in setup_step", exc)
            else:
                found += [step] if step is not None else []
        return found

    def note_failed_effect(self, component: object, name: str, error: Exception) -> None:
        """Count a crash of the cog that an effect belongs to."""
        self.runtime.faults.count(self.cogs.owner_of(component), f"in the effect {name}", error)

    def note_failed_command(self, context: Any, error: Exception) -> None:
        """Count a crash of the cog that a command belongs to."""
        command = context.found_command
        if command is not None and (component := command.component) is not None:
            self.runtime.faults.count(self.cogs.owner_of(component), f"in {self.prefix}{command.name}", error)

    @override
    def add_listener(self, listener: Any, *, event: str | None = None) -> None:
        """Refuse it: TwitchIO's listeners are never called here.

        Raises:
            TypeError: always; the sentence says what to use.
        """
        raise TypeError(instead_of(event or getattr(listener, "__name__", "event_")))


def _files_of(component: commands.Component) -> Sequence[LastGoodFile[Any]]:
    return getattr(component, "files", ())


def _reasons_of(component: commands.Component) -> Mapping[str, str]:
    return getattr(component, "reasons", {})


def _widgets_of(component: commands.Component) -> Sequence[Widget]:
    return getattr(component, "widgets", ())
