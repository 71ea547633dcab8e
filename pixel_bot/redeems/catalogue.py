"""The catalogue: rows of ``redeems``, created when a cog first offers them, and owned by the streamer from then on."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from pixel_bot.clock import Clock
from pixel_bot.cog_data.games import Games
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import Redeem, stamp
from pixel_bot.errors import BadInput, ChatError
from pixel_bot.model.outcome import EFFECTS, SPEECH, Lane
from pixel_bot.model.people import Viewer
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.points.idempotency import write_once
from pixel_bot.redeems.offers import Offer
from pixel_bot.texts import number
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

ALL = "*"


@dataclass(frozen=True, slots=True)
class Price:
    """A redeem with its current price and cooldowns."""

    key: str
    display_name: str
    cost: int
    enabled: bool
    cooldown: int
    everyone_cooldown: int
    depends: str = ""
    """What it costs in words, where that is not ``cost``."""

    @property
    def words(self) -> str:
        """What it costs, for a list."""
        return self.depends or (number(self.cost) if self.cost else _("free"))


class Redeems:
    """Holds the offers of the loaded cogs, and changes their rows."""

    def __init__(self, database: Database, clock: Clock, games: Games) -> None:
        self._database = database
        self._clock = clock
        self._offers: dict[str, Offer] = {}
        self._closed: dict[str, str] = {}
        self._advice: dict[str, str] = {}
        self._depending: set[str] = set()
        self.changed: set[Callable[[], None]] = set()
        """Called after each change of the catalogue."""
        self._games = games
        games.changed.add(self._notify)

    async def offer(self, offers: Sequence[Offer]) -> None:
        """Register offers. Existing rows keep the streamer's values.

        Raises:
            ValueError: another cog offers one of them.
        """
        if not offers:
            return
        taken = [o.key for o in offers if o.key in self._offers]
        if taken:
            raise ValueError(f"the redeem {taken[0]} exists already, in another cog")
        await self._add_rows(offers)
        await self._add_lanes(offers)
        self._offers |= {o.key: o for o in offers}
        self._notify()

    async def _add_rows(self, offers: Sequence[Offer]) -> None:
        there = {key for (key,) in await self._database.look_up("SELECT key FROM redeems", {})}
        rows = [(o.key, o.display_name, o.cost, o.cooldown, o.everyone_cooldown) for o in offers if o.key not in there]
        if not rows:
            return  # as at nearly every start: no writer is waited for
        async with self._database.write() as session:
            source = unfold(
                session,
                {"key": "text", "shown": "text", "cost": "bigint", "cooldown": "bigint", "everyone": "bigint"},
            )
            await session.execute(
                sql(
                    "INSERT INTO redeems (key, display_name, cost, enabled, cooldown_s, everyone_cooldown_s, "
                    "created_at, updated_at) "
                    f"SELECT row.key, row.shown, row.cost, TRUE, row.cooldown, row.everyone, :now, :now FROM {source} "
                    "WHERE true ON CONFLICT (key) DO NOTHING"
                ),
                {"rows": fold(rows), "now": stamp(self._clock.now())},
            )

    async def _add_lanes(self, offers: Sequence[Offer]) -> None:
        """A lane has its row as soon as something is offered in it: pausing and claiming lock that row."""
        own = {offer.lane for offer in offers} - {SPEECH, EFFECTS}
        there = {kind for (kind,) in await self._database.look_up("SELECT kind FROM lanes", {})} if own else set[str]()
        for lane in sorted(own - there):
            async with self._database.write() as session:
                statement = "INSERT INTO lanes (kind, paused) VALUES (:lane, FALSE) ON CONFLICT (kind) DO NOTHING"
                await session.execute(sql(statement), {"lane": lane})

    def withdraw(self, keys: Sequence[str]) -> None:
        """Unregister offers."""
        for key in keys:
            self._offers.pop(key, None)
            self._closed.pop(key, None)
            self._depending.discard(key)
        self._notify()

    def close(self, key: str, reason: str, *, for_mods: str = "") -> None:
        """Close a redeem that cannot work at the moment.

        Args:
            key: which.
            reason: the sentence for viewers who try it.
            for_mods: the remedy; it is logged, and shown once to a mod or the streamer who tries it.
        """
        self._closed[key] = reason
        if for_mods:
            self._advice[key] = for_mods
            log.warning("%s", for_mods)
        self._notify()

    def open(self, key: str) -> None:
        """Open a closed redeem."""
        self._closed.pop(key, None)
        self._notify()

    def why_closed(self, key: str, *, mod: bool = False) -> str:
        """The reason why it is closed; empty when it is open. The first mod who tries it gets the remedy instead."""
        advice = self._advice.pop(key, "") if mod else ""
        offer = self._offers.get(key)
        off = _("Games are off here.") if offer is not None and offer.is_game and not self._games.on else ""
        return advice or off or self._closed.get(key, "")

    def why_not_for_channel_points(self, key: str) -> str:
        """Why channel points do not pay for a redeem at present; empty where they do."""
        offer = self._offers.get(key)
        if offer is None or not self._games.on or not (offer.random_payout or offer.is_game):
            return ""
        return _(
            "What {redeem} brings depends on chance, so channel points do not pay for it while games are on.",
            redeem=key,
        )

    @property
    def keys(self) -> list[str]:
        """The keys of all offers."""
        return sorted(self._offers)

    def offered(self, key: str) -> Offer | None:
        """The offer of that key; None when no loaded cog has it."""
        return self._offers.get(key)

    @property
    def lanes(self) -> list[Lane]:
        """The lanes of the queue: that of speech, those of cogs, and the one for all other effects."""
        own = dict.fromkeys(offer.lane for offer in self._offers.values())
        return [SPEECH, *(lane for lane in own if lane not in {SPEECH, EFFECTS}), EFFECTS]

    async def prices(self) -> list[Price]:
        """All offers with their current prices, cheapest first."""
        async with self._database.readers() as session:
            rows = (await session.execute(select(Redeem).where(Redeem.key.in_(self._offers)))).scalars().all()
        return sorted((self._price(row) for row in rows), key=lambda p: (bool(p.depends), p.cost, p.key))

    def depends(self, key: str) -> str:
        """What a redeem costs in words, where its price is not always the same; empty where it is."""
        offer = self._offers.get(key)
        said = offer.shown(offer.price) if offer is not None else ""
        return said or (_("it depends") if key in self._depending else "")

    def title(self, key: str, name: str) -> str:
        """What a redeem is called: by its row, unless that has the name with which it was declared."""
        offer = self._offers.get(key)
        return offer.title if offer is not None and offer.display_name == name else name

    def check_fixed(self, key: str, sentence: str) -> str:
        """Refuse a redeem whose price depends, with a sentence that has the field ``redeem``. Returns the key.

        Raises:
            BadInput: it depends.
        """
        if self.depends(key):
            raise BadInput(_(sentence, redeem=key))
        return key

    def note_depends(self, key: str) -> None:
        """The price of a redeem has turned out to depend."""
        self._depending.add(key)

    def _price(self, row: Redeem) -> Price:
        return Price(
            row.key,
            self.title(row.key, row.display_name),
            row.cost or 0,
            bool(row.enabled),
            row.cooldown_s or 0,
            row.everyone_cooldown_s or 0,
            self.depends(row.key),
        )

    async def switch(self, key: str, *, on: bool) -> Price:
        """Switch a redeem on or off.

        Raises:
            BadInput: no cog offers it.
        """
        return await self._change(key, enabled=on)

    async def reprice(self, key: str, cost: int) -> Price:
        """Set the cost of a redeem.

        Raises:
            BadInput: no cog offers it, or its price depends.
        """
        key = self.checked(key)
        self.check_fixed(key, later("The price of {redeem} is not always the same, so it cannot be set."))
        return await self._change(key, cost=cost)

    async def set_cooldown(self, key: str, seconds: int, *, everyone: bool = False) -> Price:
        """Set the cooldown of a redeem in seconds: each viewer's own, or the one for everyone."""
        return await self._change(key, **{"everyone_cooldown_s" if everyone else "cooldown_s": seconds})

    async def block(self, viewer: Viewer, key: str) -> None:
        """Block a viewer from a redeem, or with ``*`` from all."""
        async with write_once(self._database) as session:
            await session.execute(
                sql(
                    f"INSERT INTO blocks (user_id, key, created_at) VALUES ({ACCOUNT}, :key, :now) "
                    "ON CONFLICT (user_id, key) DO NOTHING"
                ),
                {"user": viewer.id, "key": self.checked(key), "now": stamp(self._clock.now())},
            )

    async def unblock(self, viewer: Viewer, key: str) -> int:
        """Unblock a viewer from a redeem, or with ``*`` from all. Returns how many blocks ended."""
        key = self.checked(key)
        statement = f"DELETE FROM blocks WHERE user_id = {ACCOUNT} AND (:all OR key = :key) RETURNING key"
        async with write_once(self._database) as session:
            ended = await session.execute(sql(statement), {"user": viewer.id, "all": key == ALL, "key": key})
            return len(ended.all())

    async def is_blocked_from_all(self, viewer: Viewer) -> bool:
        """True while a viewer may redeem nothing at all."""
        query = f"SELECT 1 FROM blocks WHERE user_id = {ACCOUNT} AND key = :key"
        async with self._database.readers() as session:
            return (await session.execute(sql(query), {"user": viewer.id, "key": ALL})).first() is not None

    def checked(self, key: str) -> str:
        """Validate and normalise a key; ``*`` stands for all.

        Raises:
            BadInput: no cog offers it.
        """
        key = key.lower()
        if key != ALL and key not in self._offers:
            keys = ", ".join(self.keys)
            raise BadInput(_("There is no redeem {redeem}. There are: {redeems}.", redeem=key[:40], redeems=keys))
        return key

    async def _change(self, key: str, **values: Any) -> Price:
        key = self.checked(key)
        if key == ALL:
            raise ChatError(_("Name one redeem."))
        async with write_once(self._database) as session:
            changed = await session.execute(
                update(Redeem).where(Redeem.key == key).values(**values, updated_at=self._clock.now()).returning(Redeem)
            )
            price = self._price(changed.scalar_one())
        self._notify()
        return price

    def _notify(self) -> None:
        for listener in tuple(self.changed):
            listener()
