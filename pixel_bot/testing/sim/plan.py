"""What takes part in a simulation, and how wild it is; drawn by the seed."""

import random
from dataclasses import dataclass, field
from enum import StrEnum


class Trouble(StrEnum):
    """What can go wrong around the bot."""

    KILL = "kill"
    """Its process dies, anywhere."""
    KILL_AT_COMMIT = "kill-at-commit"
    """Its process dies just before or just after a commit."""
    KILL_AT_STEP = "kill-at-step"
    """Its process dies between two drawn steps of its tasks, also while it starts."""
    STOP = "stop"
    """It is ended in order, and may die meanwhile."""
    REFUSED = "refused"
    """Twitch answers 500 or 429, or cuts the connection, before or after it did what was asked."""
    CUT = "cut"
    """The connection for events is lost, and it may take some tries to make it again."""
    SILENT = "silent"
    """The connection for events is open, and nothing comes."""
    MOVED = "moved"
    """Twitch asks to connect elsewhere, where nobody may be."""
    CLOSED = "closed"
    """Twitch closes the connection for events, with one of its codes."""
    REVOKED = "revoked"
    """Twitch ends a subscription."""
    TWICE = "twice"
    """An event comes again."""
    LATE = "late"
    """Events come late, and so in another order."""
    DROPPED = "dropped"
    """Chat's rules are enforced; at times the bot is no mod, and chat is in slow mode."""
    TOKENS = "tokens"
    """A token ends before its time."""
    DISK = "disk"
    """The disk is full, read-only or broken for a while."""
    LOCKED = "locked"
    """Another program holds the database."""
    LOST_FILE = "lost-file"
    """The database is deleted or replaced; later, its rescued copy is restored."""
    CLOCK = "clock"
    """The wall clock of the bot's machine is set."""
    SLEEP = "sleep"
    """The bot's machine is suspended for a while."""
    CLOSED_PAGE = "closed-page"
    """The overlay's page closes, and opens again later."""


class Actor(StrEnum):
    """Who takes part, besides those who chat."""

    SPENDERS = "spenders"
    """Viewers who buy all that there is."""
    SPAMMERS = "spammers"
    """Viewers who write the same again and again, and commands in bursts."""
    LURKERS = "lurkers"
    """Viewers who are there and rarely write."""
    RENAMED = "renamed"
    """Viewers who take other logins and names, and leave theirs to others."""
    NEWCOMERS = "newcomers"
    """Viewers whom nobody has seen before."""
    BANNED = "banned"
    """Viewers who are timed out, banned, and let in again."""
    MODS = "mods"
    """Mods who use every command that they have."""
    APPROVALS = "approvals"
    """Mods without whose yes no text is read out."""
    FILES = "files"
    """The streamer edits files while the bot runs, and breaks some."""
    RESTARTS = "restarts"
    """The streamer ends the bot in order and starts it again, sometimes with other settings."""
    UPKEEP = "upkeep"
    """The streamer makes backups, and reloads cogs."""
    JOYSTICK = "joystick"
    """The channel is on Joystick.tv, too."""
    LINKED = "linked"
    """People who link their accounts on both platforms, and part them. Needs Joystick.tv."""
    OBS = "obs"
    """OBS for clips: away, silent, slow, without a buffer."""
    AI = "ai"
    """A server that answers questions, or does not."""
    SPEECH = "speech"
    """A server that reads texts out, or does not."""
    PAGES = "pages"
    """More pages of the overlay, which are closed, hidden, muted and loaded again."""
    LIARS = "liars"
    """A page that says what is not so, or nothing. Needs the other pages."""
    REDEMPTIONS = "redemptions"
    """Viewers who pay with channel points."""
    OLD_DATABASE = "old-database"
    """A database of an earlier version; the process dies while it upgrades it."""
    GAMBLERS = "gamblers"
    """Viewers who play games with points, and mods who hold bets, giveaways and raffles."""


@dataclass(frozen=True)
class Plan:
    """One simulation.

    Args:
        seed: draws everything.
        seconds: how long it lasts, in simulated time.
        chatters: how many people are there.
        pace: messages a second in chat. The log of a real channel has 0.45 for 300 chatters.
        commands: the share of commands among them; 0.08 in that log.
        every: the mean number of seconds between two troubles of a kind; kinds that are left out do not happen.
        actors: who takes part, besides those who chat.
        left_out: ids of events that do not happen, as a failure is cut down to those that it needs.
    """

    seed: int
    seconds: float
    chatters: int = 300
    pace: float = 0.45
    commands: float = 0.3
    every: dict[Trouble, float] = field(default_factory=dict[Trouble, float])
    actors: frozenset[Actor] = frozenset()
    left_out: frozenset[str] = frozenset()


def drawn(seed: int, seconds: float) -> Plan:
    """A plan whose people and troubles are drawn, so that each seed tries another mix."""
    chance = random.Random(f"plan {seed}")
    kinds = [kind for kind in Trouble if chance.random() < 0.6]
    every = {kind: chance.choice([20.0, 60.0, 300.0, 1_200.0]) for kind in kinds}
    chatters, pace = chance.choice([3, 30, 300]), chance.choice([0.2, 0.45, 2.0])
    return Plan(seed, seconds, chatters, pace, chance.choice([0.08, 0.3, 0.8]), every, drawn_actors(seed))


def drawn_actors(seed: int) -> frozenset[Actor]:
    """Who takes part: nobody, a few, or nearly all of them."""
    chance = random.Random(f"actors {seed}")
    share = chance.choice([0.0, 0.2, 0.5, 0.9])
    # In this order, so that one that came later does not change who else takes part by a seed.
    return frozenset(actor for actor in Actor if chance.random() < share)


def busy(seed: int, seconds: float) -> Plan:
    """A plan with as many commands and kills as one core plays: nearly all messages are commands, and the process dies
    every few seconds; other troubles are drawn."""
    chance = random.Random(f"busy {seed}")
    every = {kind: chance.choice([60.0, 300.0]) for kind in Trouble if chance.random() < 0.3}
    every |= {Trouble.KILL_AT_COMMIT: chance.choice([8.0, 20.0]), Trouble.KILL_AT_STEP: chance.choice([8.0, 20.0])}
    actors = drawn_actors(seed) if chance.random() < 0.3 else frozenset[Actor]()
    return Plan(seed, seconds, chance.choice([30, 100]), chance.choice([10.0, 20.0]), 0.95, every, actors)
