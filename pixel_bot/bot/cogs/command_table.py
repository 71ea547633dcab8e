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

BUY = "redeem"
"""The word before the name of any redeem."""

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
    """The commands of one bot. Where two have one name, that of a cog's class wins, unless it is off or asleep.

    Args:
        own: the commands of the loaded cogs' classes.
        off: names of those that the settings switch off, lower case.
        games: whether there are games with points.
        is_bought: whether a command is a redeem.
    """

    def __init__(
        self,
        own: Callable[[], Mapping[str, Command]],
        off: Collection[str],
        games: Games,
        is_bought: Callable[[Command], bool],
    ) -> None:
        self._own = own
        self._is_bought = is_bought
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
        self._reachable: Mapping[str, Command] | None = None
        self._asleep: frozenset[str] = frozenset()

    def changed(self) -> None:
        """Commands came or went."""
        self._all = self._known = self._typed = self._reachable = None

    @property
    def all(self) -> Mapping[str, Command]:
        """Every command by each name of its own, also those that are off."""
        if self._all is None:
            self._all = MappingProxyType({**self._claimed, **self._made, **self._own()})
        return self._all

    @property
    def known(self) -> Mapping[str, Command]:
        """What chat can type: without commands that are off or asleep, and with the names that the streamer gave.

        Each redeem can also be bought with ``redeem NAME``, as viewers know it from elsewhere.
        """
        if self._known is None:
            there = self.typed.items()
            self._known = MappingProxyType({n: found for n, found in there if self._games.on or not is_of_game(found)})
        return self._known

    @property
    def typed(self) -> Mapping[str, Command]:
        """Those, and the commands of games while these are off: they are silent, and tell mods why."""
        if self._typed is None:
            own = self._own()
            there = {name: found for name, found in self._that_are_on.items() if name in own or not self._sleeps(name)}
            awake = {name: found for name, found in self._own_on.items() if not self._sleeps(name)}
            games = {} if self._games.on else {name: found for name, found in awake.items() if is_of_game(found)}
            named = {**games, **there, **{name: found for name, found in awake.items() if name not in games}}
            bought = {f"{BUY} {n}": one for n, one in named.items() if self._is_bought(one) and " " not in n}
            self._typed = MappingProxyType({**bought, **named})
        return self._typed

    @property
    def reachable(self) -> Mapping[str, Command]:
        """What can be typed behind a mention of the bot: also what is asleep."""
        if self._reachable is None:
            self._reachable = MappingProxyType({**self._that_are_on, **self._own_on, **self.typed})
        return self._reachable

    @property
    def _own_on(self) -> dict[str, Command]:
        """The commands of classes that are on."""
        return {n: c for n, c in self._own().items() if self.rule_of(c).on and not self._off & {n, c.name}}

    @property
    def _that_are_on(self) -> dict[str, Command]:
        """The others that are on: other names, and commands that cogs made."""
        given = {**self._claimed, **self._made}
        made = {name: found for name, found in given.items() if self.rule_of(found).on}
        there = {**made, **self._own_on}
        return {**{name: there[base] for name, base in self._other_names.items() if base in there}, **made}

    def set_asleep(self, names: Collection[str]) -> None:
        """From now on these first words of commands are answered only behind a mention of the bot.

        A command that a cog made keeps answering where one of a cog's class has its name.

        Args:
            names: as they are typed, lower case, without prefix; ``quote`` is also ``quote add``.
        """
        self._asleep = frozenset(names)
        self.changed()

    def _sleeps(self, name: str) -> bool:
        return bool(self._asleep) and name.partition(" ")[0] in self._asleep

    def gives_way(self, name: str) -> bool:
        """Whether a made command may have that name: no class has it, or that one is off by the settings, or asleep.

        A game is off while the streamer has not said yes to games.
        """
        found = self._own().get(name)
        if found is None or (is_of_game(found) and not self._games.on):
            return True
        return bool(self._off & {name, found.name}) or self._sleeps(name)

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
