"""Every private part of TwitchIO 3.3 that the bot overrides or uses, each with its reason. No other module touches one.

An upgrade of TwitchIO that renames one of them would break in silence: after a renamed ``_get_command``, for example,
text typed for a reward could choose the command. ``PRIVATE`` lists them, and a test compares it with the installed
TwitchIO and with this file.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from inspect import Parameter
from types import UnionType
from typing import Any, Union, get_args, get_origin

from twitchio import PartialUser
from twitchio.authentication.tokens import ManagedHTTPClient
from twitchio.ext import commands
from twitchio.models.eventsub_ import create_event_instance
from typing_extensions import override

from pixel_bot.points.audit import begin_act

PRIVATE: Mapping[type[Any], Mapping[str, str]] = {
    commands.Bot: {
        "_dispatch": "runs one listener and reports its error; dispatch() itself keeps no reference to its tasks",
        "_commands": "all commands by name; the public property copies them at each look",
        "_components": "which names of cogs are taken, before anything is added",
        "_http": "our client with our tokens, once they are known",
        "_bot_id": "who the bot is, once it is known",
        "_owner_id": "who the streamer is, once it is known",
        "_user": "what login() sets after a request that we do not need",
        "_login_called": "what login() sets",
        "_save_tokens": "TwitchIO must not write tokens into a file in the clear",
        "_setup": "what login() calls: setup_hook and its flag",
        "_ready_event": "what start() sets; start() would also block, and own the web server",
    },
    commands.Context: {
        "_get_command": "commands of two words, and redemptions whose command is fixed",
        "_prepare_called": "a second call must not look for the command again",
        "_view": "the reader of the text after the command",
        "_command": "the command that was found",
        "_invoked_with": "the word that it was found by",
        "_bot": "the bot; the public property has TwitchIO's type",
    },
    commands.Command: {
        "_do_conversion": "for X | None TwitchIO forgets why the converter refused",
        "_invoke": "what can be refused without looking at the input is refused before it is parsed",
        "_injected": "the cog class that a command made at run time belongs to",
        "_dispatch_error": "a redemption handles refusals itself, because it gives channel points back",
    },
}
"""Private names by the class that has them, each with why it is needed."""

Listener = Callable[..., Coroutine[Any, Any, None]]


class BotInternals(commands.Bot):
    """TwitchIO's bot, as far as its private parts are needed."""

    def __init__(self, prefix: str) -> None:
        super().__init__(client_id="", client_secret=None, bot_id="", owner_id="", prefix=prefix, case_insensitive=True)
        self.prefix = prefix

    @property
    def commands_by_name(self) -> Mapping[str, commands.Command[Any, ...]]:
        """All commands by every name they answer to, lower case; some names have two words."""
        return self._commands

    @property
    def known_commands(self) -> Mapping[str, commands.Command[Any, ...]]:
        """What chat can type, by name."""
        return self.commands_by_name

    @property
    def typed_commands(self) -> Mapping[str, commands.Command[Any, ...]]:
        """What is understood as a command, by name."""
        return self.known_commands

    @property
    def reachable_commands(self) -> Mapping[str, commands.Command[Any, ...]]:
        """What can be typed behind a mention of the bot, by name."""
        return self.known_commands

    @property
    def component_names(self) -> Collection[str]:
        """The names of the loaded cog classes."""
        return self._components.keys()

    @property
    def twitch_http(self) -> ManagedHTTPClient:
        """What TwitchIO sends its requests with."""
        return self._http

    def use_accounts(self, bot_id: str, owner_id: str, http: ManagedHTTPClient) -> None:
        """From now on the bot has these accounts, and makes its requests with that client."""
        self._http = http
        self._bot_id, self._owner_id = bot_id, owner_id
        self._user = PartialUser(id=bot_id, http=http)

    async def set_up(self) -> None:
        """What ``login`` does, without its requests for an application token and for who the two accounts are."""
        self._login_called, self._save_tokens = True, False
        await self._setup()

    def set_ready(self) -> None:
        """What ``start`` does at its end."""
        self._ready_event.set()

    def run_listener(self, listener: Listener, payload: Any) -> Coroutine[Any, Any, None]:
        """The coroutine that runs a listener, and ends its error in ``event_error``."""
        return self._dispatch(listener, original=payload)


class ContextInternals(commands.Context[Any]):
    """TwitchIO's context, as far as its private parts are needed. Subclasses find the command in ``find_command``."""

    @override
    def _get_command(self, reset: bool = False) -> None:
        if self._prepare_called or not self.prefix:
            return
        self.find_command()
        if reset:
            self._view.reset()

    def find_command(self) -> None:
        """Find the command of two words where there is one: ``points add`` before ``points``.

        TwitchIO's own groups would tie such commands to one cog; as names of their own they live in any. Whether it may
        be typed at all was found out before: so what is not known is one that is reachable.
        """
        view: Any = self._view
        view.skip_string(self.prefix)
        view.skip_ws()
        self._invoked_with = first = view.get_word().lower()
        after_first = view.index
        view.skip_ws()
        second = view.get_word().lower()
        words: Mapping[str, commands.Command[Any, ...]] = self._bot.typed_commands
        if first not in words and f"{first} {second}" not in words:
            words = self._bot.reachable_commands
        self._command = words.get(first)
        base = self._command.name if self._command is not None else first
        longer = words.get(f"{base} {second}") or words.get(f"{first} {second}")
        if longer is not None:
            self._command = longer
        else:
            view.index = after_first

    def fix_command(self, command: commands.Command[Any, ...]) -> None:
        """Whatever was typed, it is this command; the text after its name is its input."""
        view: Any = self._view
        view.skip_string(f"{self.prefix}{command.name}")
        self._invoked_with = command.name
        self._command = command

    @property
    def found_command(self) -> commands.Command[Any, ...] | None:
        """The command that was found; None when there is none of that name."""
        return self._command  # pyright: ignore[reportReturnType]


class CommandInternals(commands.Command[Any, ...]):
    """TwitchIO's command, as far as its private parts are needed."""

    @override
    async def _do_conversion(self, context: Any, param: Parameter, *, annotation: Any, raw: str | None) -> Any:
        """TwitchIO forgets why a converter of ``X | None`` refused; with None left out it does not."""
        return await super()._do_conversion(context, param, annotation=_without_none(annotation), raw=raw)

    @override
    async def _invoke(self, context: Any) -> Any:
        if (other := await self.taken_over(context)) is not None:
            return await other()
        take_back = await self.begin(context)
        try:
            await self.before_parsing(context)
            return await super()._invoke(context)
        except SystemExit as exc:  # it would end the bot
            take_back()
            raise RuntimeError("A command must not end the program.") from exc
        except BaseException:
            take_back()
            raise

    @override
    async def _dispatch_error(self, context: Any, exception: Any) -> None:
        begin_act(None)  # what was refused was not done
        if not self.handles_error(context, exception):
            await super()._dispatch_error(context, exception)

    def belongs_to(self, component: commands.Component) -> None:
        """The command, which was made at run time, is one of this cog class."""
        self._injected = component

    async def taken_over(self, context: Any) -> Callable[[], Awaitable[None]] | None:
        """What is done in place of this command, before all else; None for the command itself."""
        return None

    async def begin(self, context: Any) -> Callable[[], None]:
        """Refuse by raising, before all else. Returns what to do when the command refuses later, or fails."""
        return lambda: None

    async def before_parsing(self, context: Any) -> None:
        """Refuse by raising, before the input is looked at."""

    def handles_error(self, context: Any, error: Exception) -> bool:
        """True when the error needs no answer in chat."""
        return False


def as_twitchio_message(event_type: str, frame: Mapping[str, Any], http: Any) -> Any:
    """A message as TwitchIO builds it from an EventSub frame; commands and cogs' listeners need one."""
    return create_event_instance(event_type, frame, http=http)  # pyright: ignore[reportArgumentType]


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    rest = [a for a in get_args(annotation) if a is not type(None)]
    return rest[0] if len(rest) == 1 else annotation
