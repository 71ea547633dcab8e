"""What every cog class has that needs no bot: its settings."""

from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar, Protocol, TypeVar, cast

from sqlalchemy.ext.asyncio import AsyncSession
from twitchio.ext import commands

from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.configuration.cog_settings import CogSettings, secrets_in
from pixel_bot.logs import hide
from pixel_bot.model.owed import Owed
from pixel_bot.model.people import Viewer
from pixel_bot.web.setup import Step

S = TypeVar("S", bound=CogSettings, covariant=True)


class HasSettings(Protocol[S]):
    """A cog class that says ``settings = Settings``."""

    @property
    def settings(self) -> type[S]:
        """The class of its settings."""
        ...


class CogBase(commands.Component):
    """The base of every cog class."""

    bot: Any
    is_game: ClassVar[bool] = False
    """True for a game with points: its commands work only once the streamer said yes to games (``GAMES``)."""

    settings_read: CogSettings | None = None
    """What ``config`` gives, once it was read."""

    def setup_step(self) -> Step | None:
        """What the set-up page says about the feature: what is, and what to do. None: nothing.

        It is asked each time that somebody looks at the page, so it must not wait for anything.
        """
        return None

    async def setup_pressed(self, button: str) -> None:
        """The streamer pressed a button of ``setup_step`` on the set-up page. ``button`` is its key."""

    async def what_is_owed(self, session: AsyncSession) -> Sequence[Owed]:
        """What the cog owes viewers, and mods hand over: ``!owed`` lists it. ``session`` only reads."""
        return ()

    async def hand_over(self, tx: Transaction, owed: Owed, by: Viewer) -> bool:
        """The mod ``by`` has handed it over: keep that, in the transaction. False where it is not owed any more."""
        return False

    async def what_is_open(self, session: AsyncSession) -> Sequence[str]:
        """What viewers may type just now to take part in something, without the prefix, like ``bet red 20``.

        Each of the sandbox's crowd types one of the lines. ``session`` only reads.
        """
        return ()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background; nobody waits for it.

        It ends with the cog, or after two minutes. What it raises is logged with the cog's name, and is a crash of the
        cog, as in a method with ``@on``.
        """

        def end(_: object) -> None:
            work.close()  # also where it never began: else Python complains that nobody waited for it

        self.bot.runtime.bus.run(self.bot.cogs.owner_of(self), (_done, work, "in the background", end))

    @property
    def config(self: HasSettings[S]) -> S:
        """The settings of the class that ``settings`` names, read and checked when the cog is loaded.

        Raises:
            CogError: one of them is wrong.
        """
        return cast(Any, _settings_of(cast(CogBase, self), self.settings))


async def _done(work: Coroutine[Any, Any, None]) -> None:
    await work


def _settings_of(cog: CogBase, model: type[CogSettings]) -> CogSettings:
    if cog.settings_read is not None:
        return cog.settings_read
    read: CogSettings = cog.bot.settings.for_cog(model, cog.bot.cogs.owner_of(cog))
    cog.settings_read = read
    for secret in secrets_in(read):
        hide(secret)
    return read


def check_settings(component: commands.Component) -> None:
    """Read the settings of a cog class, if it has some.

    Raises:
        CogError: one of them is wrong.
        ComponentLoadError: ``settings`` is no class of settings.
    """
    model: Any = getattr(type(component), "settings", None)
    if model is None or not isinstance(component, CogBase):
        return
    if not (isinstance(model, type) and issubclass(model, CogSettings)):
        raise commands.ComponentLoadError(f"settings of {type(component).__name__} must be a class of CogSettings")
    _ = cast(Any, component).config
