"""A crowd in the sandbox: viewers who chat, buy redeems, and take part in whatever is open, all by themselves."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from pixel_bot.sandbox.page_updates import person_of
from pixel_bot.sandbox.play_money import give_play_money
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.users import SandboxUser, sandbox_user
from pixel_bot.services import Services

log = logging.getLogger(__name__)

NAMES = (
    "Otter_Otto", "Pixel_Pia", "Byte_Bea", "Quest_Quinn", "Lag_Lars", "Combo_Cleo",
    "Retro_Rosa", "Glitch_Gus", "Noob_Nina", "Speed_Sven", "Boss_Bo", "Loot_Lina",
)  # fmt: skip
MOST = len(NAMES)
PAUSES = (10.0, 30.0)
"""Seconds between two messages of one of them: a full crowd writes once a second at most."""

TAKES_PART, BUYS = 0.6, 0.2
"""How likely it is that somebody takes part in what is open, and otherwise that they buy something."""

AGAIN = timedelta(minutes=1)
"""After which somebody takes part in the same thing again."""

WORDS = (
    "hi everyone!", "nice one", "gg", "what did I miss?", "this is so close", "hello from the crowd",
    "I love this game", "good luck!", "who else is here?", "first time here", "that was lucky", "one more round?",
)  # fmt: skip

Open = Callable[[], Awaitable[Mapping[str, Sequence[str]]]]


class Crowd:
    """A few viewers who play along.

    Args:
        services: of the bot, of which they know no more than its prices and their points.
        twitch: where they write.
        what_is_open: asked for what may be typed to take part in something, by cog and without the prefix.
        size: how many they are, up to ``MOST``.
        chance: draws who writes what, and when.
    """

    def __init__(
        self,
        services: Services,
        twitch: TwitchDouble,
        what_is_open: Open,
        size: int,
        chance: random.Random | None = None,
    ) -> None:
        self._services = services
        self._twitch = twitch
        self._what_is_open = what_is_open
        self._chance = chance or random.Random()  # noqa: S311 - guards nothing
        self._prefix = services.settings.command_prefix
        self.people = [sandbox_user(name.lower(), "viewer", name) for name in NAMES[: min(size, MOST)]]
        self._took_part: dict[tuple[str, str], datetime] = {}

    async def run(self) -> None:
        """Play along until cancelled."""
        await self.begin()
        while True:
            await asyncio.sleep(self._chance.uniform(*PAUSES) / len(self.people))
            try:
                await self.act()
            except DBAPIError as exc:
                log.warning("The crowd could not look at the database: %s", exc.orig)

    async def begin(self) -> None:
        """They come in, with some points to spend."""
        for who in self.people:
            self._twitch.users.settle(who)
            await give_play_money(self._services, who)

    async def act(self) -> tuple[str, str]:
        """One of them writes something. Returns who, and what."""
        who = self._chance.choice(self.people)
        text = await self._to_take_part(who) or await self._to_buy(who) or self._chance.choice(WORDS)
        await self._twitch.say(who, text)
        return who.login, text

    async def _to_take_part(self, who: SandboxUser) -> str:
        """A command for something that is open, and that they have not answered just now; often none."""
        there, now = await self._what_is_open(), self._services.clock.now()
        # What has ended may open again at once: then it is something new.
        self._took_part = {key: at for key, at in self._took_part.items() if key[1] in there and at > now - AGAIN}
        new = [cog for cog in sorted(there) if (who.login, cog) not in self._took_part]
        if not new or self._chance.random() >= TAKES_PART:
            return ""
        cog = self._chance.choice(new)
        self._took_part[who.login, cog] = now
        return self._prefix + self._chance.choice(there[cog])

    async def _to_buy(self, who: SandboxUser) -> str:
        """A redeem that they can pay; often none."""
        if self._chance.random() >= BUYS:
            return ""
        points = (await self._services.viewers.meet(person_of(who))).points
        redeems = self._services.redeems
        prices = [p for p in await redeems.prices() if p.enabled and not p.depends and p.cost <= points]
        there = [price.key for price in prices if not redeems.why_closed(price.key)]
        if not there:
            return ""
        key = self._chance.choice(there)
        offer = redeems.offered(key)
        words = (offer.page.words or self._chance.choice(WORDS)) if offer is not None and offer.has_words else ""
        return f"{self._prefix}{key} {words}".rstrip()
