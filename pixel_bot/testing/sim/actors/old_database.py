"""A database of an earlier version, which the bot upgrades at its start, and where it dies while it does."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine
from typing_extensions import override

from pixel_bot.db.schema import MIGRATIONS
from pixel_bot.sandbox.twitch.users import SandboxUser
from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.plan import Actor
from pixel_bot.testing.sim.series import Event
from pixel_bot.testing.sim.troubles.death import KILL

SCHEMAS = ("0004", "0005", "0006", "0007", "0008", "0009", "0010")
"""Those in which the bot can be signed in; that of Joystick.tv is in all but the first one."""

SIGN_INS = ("accounts", "joystick_installs")
POINTS, XP = 777, 10
MOST_STEPS = 1_500
AT = "2025-12-24 18:00:00.000000"


class OldDatabase(Part):
    """The streamer updates the bot: its database has an earlier schema, and the first starts are cut off."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        chance = random.Random(f"old database {scene.plan.seed}")
        self._schema = chance.choice(SCHEMAS[1:] if Actor.JOYSTICK in scene.plan.actors else SCHEMAS)
        self._people = scene.people.viewers[:20]

    @override
    async def open(self) -> None:
        file = self.channel.file
        old = file.with_name("old.db")
        _create(old, self._schema)
        with closing(sqlite3.connect(old, isolation_level=None)) as connection:
            _take_over(connection, file)
            for number, who in enumerate(self._people, 1):
                _put(connection, number, who)
        for ending in ("-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)
        old.replace(file)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("upgrade", 0.01, self._die),)

    async def _die(self, event: Event) -> None:
        """The bot dies at a step or at the commit of a start, the first few times."""
        chance = event.chance
        if event.number >= 1 + self.scene.plan.seed % 4:
            await asyncio.Event().wait()
        steps, at_commit, before = int(MOST_STEPS ** chance.random()) + 1, chance.random() < 0.3, chance.random() < 0.5
        with self.channel.quiet.broken_by(KILL):
            self.channel.kill()
            self.channel.start()
            if at_commit:
                await self.channel.killed_at_commit(1, before=before)
            else:
                await self.channel.killed_in(steps)
        when = f"{'before' if before else 'after'} its first commit" if at_commit else f"after {steps} steps"
        self.tell(event, f"the bot starts on the schema {self._schema}, and dies {when}: now it is {self._present()}")
        self.channel.start()

    def _present(self) -> str:
        with closing(sqlite3.connect(f"file:{self.channel.file}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]

    @override
    def broken(self) -> Iterator[str]:
        query = (
            "SELECT t.amount FROM users u JOIN transactions t ON t.user_id = u.id WHERE u.platform_id = ? ORDER BY t.id"
        )
        with closing(sqlite3.connect(f"file:{self.channel.file}?mode=ro", uri=True)) as connection:
            for who in self._people:
                if connection.execute(query, (who.id,)).fetchone() != (POINTS,):
                    yield f"{who.login} had {POINTS} points before the upgrade, and their row is gone."


def _create(file: Path, schema: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
    engine.dispose()


def _take_over(connection: sqlite3.Connection, file: Path) -> None:
    """The bot's accounts are signed in there, too."""
    connection.execute("ATTACH ? AS newest", (str(file),))
    for table in SIGN_INS:
        here, there = (_columns(connection, schema, table) for schema in ("main", "newest"))
        if columns := ", ".join(column for column in here if column in there):
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newest.{table}")
    connection.execute("DETACH newest")


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")]


def _put(connection: sqlite3.Connection, number: int, who: SandboxUser) -> None:
    """Somebody who was there before."""
    connection.execute(
        "INSERT INTO users (id, name, points, platform, platform_id, display_name, created_at, updated_at) "
        "VALUES (?, ?, ?, 'twitch', ?, ?, ?, ?)",
        (number, who.login, POINTS, who.id, who.name, AT, AT),
    )
    connection.execute(
        "INSERT INTO transactions (user_id, amount, reason, balance_after, created_at) VALUES (?, ?, 'start', ?, ?)",
        (number, POINTS, POINTS, AT),
    )
    connection.execute(
        "INSERT INTO xp_records (user_name, xp, level, created_at, updated_at) VALUES (?, ?, 1, ?, ?)",
        (who.login, XP, AT, AT),
    )
