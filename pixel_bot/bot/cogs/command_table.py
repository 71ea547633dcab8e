"""All commands by name: those of cogs, those that cogs make while the bot runs, other names, and rules for each."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NoReturn, get_args

from twitchio.ext import commands

from pixel_bot.bot.rests import Rests
from pixel_bot.cog_data.games import Games
from pixel_bot.errors import NotAllowed
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

Command = commands.Command[Any, ...]

Level = Literal["everyone", "sub", "regular", "vip", "mods", "streamer"]
"""Who may use a command: those of that level, and of all that follow it here."""

LEVELS: tuple[Level, ...] = get_args(Level)

_WORDS: Mapping[Level, str] = {
    "sub": "subs, regulars and VIPs",
    "regular": "regulars and VIPs",
    "vip": "VIPs",
    "mods": "mods",
    "streamer": "the streamer",
}


@dataclass(frozen=True, slots=True)
class CommandRule:
    """What the streamer wants of a command, beyond what its cog says. It can narrow who may use it, and never widen.

    Attributes:
        on: False for a command that is not there.
        who: the level that one needs.
        cooldown, everyone: seconds before the same viewer, and anybody, may use it again.
        reply: whether its answer is a reply to the message; None as the command has it.
    """

    on: bool = True
    who: Level = "everyone"
    cooldown: float = 0
    everyone: float = 0
    reply: bool | None = None


NO_RULE = CommandRule()


class CommandTable:
    """The commands of one bot. Where two have one name, that of a cog's class wins.

    Args:
        own: the commands of the loaded cogs' classes.
        off: names of commands that the settings switch off, lower case.
        games: whether there are games with points.
    """

    def __init__(self, own: Callable[[], Mapping[str, Command]], off: Collection[str], games: Games) -> None:
        self._own = own
        self._games = games
        games.changed.add(self.changed)
        self._off = frozenset(off)
        self._made: dict[str, Command] = {}
        self._claimed: dict[str, Command] = {}
        self._rules: dict[str, CommandRule] = {}
        self._other_names: dict[str, str] = {}
        self._rests: dict[str, Rests] = {}
        self._all: Mapping[str, Command] | None = None
        self._known: Mapping[str, Command] | None = None
        self._typed: Mapping[str, Command] | None = None

    def changed(self) -> None:
        """Commands came or went."""
        self._all = self._known = self._typed = None

    @property
    def all(self) -> Mapping[str, Command]:
        """Every command by each name of its own, also those that are off."""
        if self._all is None:
            self._all = MappingProxyType({**self._claimed, **self._made, **self._own()})
        return self._all

    @property
    def known(self) -> Mapping[str, Command]:
        """What chat can type: without commands that are off, and with the other names that the streamer gave them."""
        if self._known is None:
            there = self.typed.items()
            self._known = MappingProxyType({n: found for n, found in there if self._games.on or not is_of_game(found)})
        return self._known

    @property
    def typed(self) -> Mapping[str, Command]:
        """Those, and the commands of games while these are off: they are silent, and tell mods why."""
        if self._typed is None:
            there = {name: found for name, found in self.all.items() if self._is_on(name, found)}
            others = {n: there[base] for n, base in self._other_names.items() if base in there and n not in self.all}
            self._typed = MappingProxyType({**others, **there})
        return self._typed

    def _is_on(self, name: str, found: Command) -> bool:
        return self.rule_of(found).on and not self._off & {name, found.name}

    @property
    def made(self) -> Collection[Command]:
        """The commands that cogs made while the bot ran."""
        return tuple(self._made.values())

    def put(self, made: Command) -> None:
        """A command that a cog made is there, in place of one of the same name."""
        self._made[made.name] = made
        self.changed()

    def take(self, name: str) -> Command | None:
        """It is gone."""
        self.changed()
        return self._made.pop(name, None)

    def claim(self, made: Command) -> None:
        """A cog may want a command of this name, which is there as long as no other cog has one."""
        self._claimed[made.name] = made

    def withdraw_claims(self, component: object) -> None:
        """The cog is gone, with what it may have wanted."""
        self._claimed = {name: one for name, one in self._claimed.items() if one.component is not component}

    def set_rules(self, rules: Mapping[str, CommandRule], other_names: Mapping[str, str]) -> None:
        """From now on these rules hold, by the command's name, and these other names, each with the command's name."""
        kept = {name for name, rule in rules.items() if self._rules.get(name) == rule}
        self._rests = {name: rests for name, rests in self._rests.items() if name in kept}
        self._rules, self._other_names = dict(rules), dict(other_names)
        self.changed()

    def rule_of(self, found: Command | None) -> CommandRule:
        """The rule for a command."""
        return self._rules.get(found.name, NO_RULE) if found is not None else NO_RULE

    async def begin(self, context: Any, found: Command) -> Callable[[], None]:
        """A command is about to run: check who may, and begin its cooldowns.

        Returns:
            What takes the cooldowns back, for a command that refuses or fails.

        Raises:
            CommandNotFound: it belongs to a game, and these are off: chat hears nothing.
            NotAllowed: not by them; or games are off, and a mod learns how to switch them on.
            Resting: it is on cooldown.
        """
        if is_of_game(found) and not await self._games.still_on():
            _refuse_game(context, found)
        rule = self.rule_of(found)
        if rule.who != "everyone" and not await self._reaches(rule.who, context):
            raise NotAllowed(f"Only {_WORDS[rule.who]} can do that.")
        if not (rule.cooldown or rule.everyone) or context.is_exempt:
            return _nothing
        rests = self._rests.setdefault(found.name, Rests(found.name, rule.cooldown, rule.everyone))
        return rests.begin(context.viewer.id, context.bot.prefix, context.bot.clock.now())

    async def _reaches(self, level: Level, context: Any) -> bool:
        if context.is_broadcaster or level == "everyone":
            return True
        if context.is_mod:
            return level != "streamer"
        if level in {"mods", "streamer"}:
            return False
        if "vip" in context.roles or (level == "sub" and "sub" in context.roles):
            return True
        return level != "vip" and await context.bot.runtime.roles.has("regular", context.viewer)


def is_of_game(found: Command) -> bool:
    """Whether a command belongs to a cog that is a game with points."""
    return bool(getattr(found.component, "is_game", False))


def _refuse_game(context: Any, found: Command) -> NoReturn:
    if not context.is_mod:
        raise commands.CommandNotFound(f"Games are off, and {found.name} is one.")
    how = later("Games with {points} are off. The streamer switches them on: Games on the set-up page, or GAMES=true.")
    if context.bot.mode == "sandbox":
        how = later("Games with {points} are off. In the sandbox, GAMES=true in .env switches them on.")
    raise NotAllowed(_(how))


def _nothing() -> None:
    pass
