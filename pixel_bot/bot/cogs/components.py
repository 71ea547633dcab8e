"""Cog classes come into the bot and go, all or nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twitchio.ext import commands
from typing_extensions import override

from pixel_bot.bot.claimed_commands import MARK as CLAIMS
from pixel_bot.bot.cog_services.asking_cogs import all_open, all_owed, handed_over
from pixel_bot.bot.cogs.cog_base import CogBase
from pixel_bot.bot.cogs.command_table import CommandTable
from pixel_bot.bot.cogs.face import CogFace
from pixel_bot.bot.cogs.hearing import instead_of
from pixel_bot.bot.cogs.loader import CogLoader
from pixel_bot.bot.cogs.timing import marked_with
from pixel_bot.bot.command import PixelCommand, command
from pixel_bot.bot.redeem_command import RedeemCommand, offers_of, redeems_of
from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.model.last_good import LastGoodFile
from pixel_bot.model.owed import Owed
from pixel_bot.model.people import Viewer
from pixel_bot.overlay.widgets import Widget
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.queue import Queue
from pixel_bot.services import Services
from pixel_bot.web.setup import Pressed, Step
from pixel_bot.wording.texts import texts_of


class CogComponents(CogFace):
    """The bot, as far as it holds cog classes."""

    cogs: CogLoader
    dispatcher: Dispatcher
    queue: Queue

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.command_table = CommandTable(
            lambda: self.commands_of_classes,
            services.settings.commands_left_out,
            services.games,
            lambda found: isinstance(found, RedeemCommand),
        )
        """All commands by name, and the streamer's rules for them."""

    @property
    @override
    def commands_by_name(self) -> Mapping[str, commands.Command[Any, ...]]:
        """All commands by each name of their own, lower case; some names have two words."""
        return self.command_table.all

    @property
    def commands_of_classes(self) -> Mapping[str, commands.Command[Any, ...]]:
        """Those that are methods of cogs."""
        return super().commands_by_name

    @property
    @override
    def known_commands(self) -> Mapping[str, commands.Command[Any, ...]]:
        """What chat can type: without what is off, and with other names that the streamer gave."""
        return self.command_table.known

    @property
    @override
    def typed_commands(self) -> Mapping[str, commands.Command[Any, ...]]:
        """What is understood as a command: those, and the ones of games that are off, which answer mods alone."""
        return self.command_table.typed

    @property
    @override
    def reachable_commands(self) -> Mapping[str, commands.Command[Any, ...]]:
        """What can be typed behind a mention of the bot: also what is asleep."""
        return self.command_table.reachable

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
        taken = [n for n in names if n in self.commands_of_classes]
        if taken:
            raise commands.ComponentLoadError(f"{self.prefix}{taken[0]} exists already, in another cog")
        if component.name in self.component_names:
            raise commands.ComponentLoadError(f"a cog class named {component.name} is loaded already")
        self.runtime.check(component)
        for name in [n for n in names if isinstance(self.command_table.all.get(n), RedeemCommand)]:
            await self.take_command(name)  # made at run time: it would offer the same for points
        try:
            is_game = getattr(component, "is_game", False)
            await self.redeems.offer(offers_of(component.__all_commands__.values(), is_game=is_game))
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
            if is_game:
                self.services.games.cogs.add(self.cogs.owner_of(component))
            self.runtime.add(component)
            self._claim_commands(component)
            self.reasons.update(_reasons_of(component))
            self.services.files.add(_files_of(component))
            self.command_table.changed()
            offered = [offer.key for offer in offers_of(component.__all_commands__.values())]
            await self.services.hooks.catch_up(self.services.database, offered)
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
        self.runtime.timers.hold(name)

    async def cog_settled(self, name: str, *, loaded: bool) -> None:
        """A cog was put in, or is gone: what it no longer has leaves the overlay."""
        self.runtime.timers.release(name)
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
        self.command_table.withdraw_claims(component)
        self.command_table.changed()
        made = [one for one in self.command_table.made if one.component is component]
        for one in made:
            self.command_table.take(one.name)
        keys = [offer.key for offer in offers_of([*component.__all_commands__.values(), *made])]
        self.redeems.withdraw(keys)
        for key in keys:
            self.services.hooks.remove(key)
        self.dispatcher.effects.remove(component)
        self.overlay.widgets.remove(_widgets_of(component))
        self.services.cog_tables.remove(component)

    def _claim_commands(self, component: commands.Component) -> None:
        """What a cog may want of commands can be typed, also where no cog has the command."""
        for _, method, name in marked_with(CLAIMS, component):

            async def nothing(_: object, ctx: object) -> None:
                """Nobody wants it just now, so it is like a command that there is not."""

            nothing.__doc__, nothing.__module__ = method.__doc__, method.__module__
            made = command(name)(nothing)
            made.belongs_to(component)
            self.command_table.claim(made)

    async def put_command(self, component: commands.Component, made: PixelCommand) -> None:
        """Add a command that a cog makes while the bot runs, in place of one of the same name that a cog made before.

        Args:
            component: the cog class whose command it is.
            made: what ``@command`` or ``@redeem`` returned.

        Raises:
            ValueError: a cog's class has a command, or a redeem, of that name, which is neither off by the settings nor
                asleep: that one stays.
        """
        if not self.command_table.gives_way(made.name):
            raise ValueError(f"{self.prefix}{made.name} exists already, in a cog")
        await self.take_command(made.name, is_replaced=True)
        made.belongs_to(component)
        if isinstance(made, RedeemCommand):
            await self.redeems.offer([made.offer])
            self.services.hooks.add(made.offer.key, made.hooks_of(component))
            await self.services.hooks.catch_up(self.services.database, [made.offer.key])
        self.command_table.put(made)

    async def take_command(self, name: str, *, is_replaced: bool = False) -> None:
        """Take a command away that a cog made. What waits for it in the queue is given back.

        Args:
            name: of the command; nothing happens where there is none.
            is_replaced: True to keep what waits, because a command follows that works it.
        """
        taken = self.command_table.take(name)
        if isinstance(taken, RedeemCommand):
            self.redeems.withdraw([taken.offer.key])
            self.services.hooks.remove(taken.offer.key)
            if not is_replaced:
                await self.queue.drop_redeems([taken.offer.key], f"{self.prefix}{name} was taken away.")

    async def _add_widgets(self, component: commands.Component) -> None:
        try:
            await self.overlay.widgets.add(self.cogs.owner_of(component), _widgets_of(component))
        except ValueError as exc:
            raise commands.ComponentLoadError(str(exc)) from exc

    def setup_steps(self) -> list[Step]:
        """What the set-up page says about the features of cogs. One that fails at that says nothing."""
        return [step for _, step in self._steps_of_cogs()]

    async def setup_pressed(self, step: str, button: str) -> Pressed:
        """A button of a cog's step on the set-up page was pressed."""
        steps = self._steps_of_cogs()
        cog = next((c for c, s in steps if s.key == step and any(one.key == button for one in s.buttons)), None)
        if cog is None:
            return Pressed.GONE
        with self.runtime.faults.caught(self.cogs.owner_of(cog), "in setup_pressed"):
            await cog.setup_pressed(button)
            return Pressed.DONE
        return Pressed.FAILED

    def _steps_of_cogs(self) -> list[tuple[CogBase, Step]]:
        found: list[tuple[CogBase, Step]] = []
        for component in [one for one in self._components.values() if isinstance(one, CogBase)]:
            with self.runtime.faults.caught(self.cogs.owner_of(component), "in setup_step"):
                if (step := component.setup_step()) is not None:
                    found.append((component, step))
        return found

    async def owed(self) -> list[Owed]:
        """All that the loaded cogs owe viewers, and that a mod hands over, the oldest first."""
        return await all_owed(tuple(self._components.values()), self.services.database, self.runtime.faults)

    async def what_is_open(self) -> dict[str, list[str]]:
        """What viewers may type just now to take part in something, by cog; without the prefix."""
        return await all_open(tuple(self._components.values()), self.services.database, self.runtime.faults)

    async def hand_over(self, tx: Transaction, owed: Owed, by: Viewer) -> bool:
        """The mod ``by`` has handed over one of ``bot.owed()``. False: it is not owed any more, or its cog is gone."""
        return await handed_over(self.cogs.components_of(owed.cog), tx, owed, by)

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


def _reasons_of(component: commands.Component) -> Mapping[str, str]:
    """What the reasons of a cog are called, in the language of the chat."""
    reasons: Mapping[str, str] = getattr(component, "reasons", {})
    if not reasons:
        return {}
    said = texts_of(type(component).__module__).of_source
    return {reason: said(words) for reason, words in reasons.items()}


def _files_of(component: commands.Component) -> Sequence[LastGoodFile[Any]]:
    return getattr(component, "files", ())


def _widgets_of(component: commands.Component) -> Sequence[Widget]:
    return getattr(component, "widgets", ())
