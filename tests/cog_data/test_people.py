"""What cogs keep of a viewer: it follows linked accounts and goes back, and can be forgotten and exported."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.cli.backup import back_up_database, restore_database
from pixel_bot.cli.person import export_person, forget_person
from pixel_bot.cog_data.models import forget_models
from pixel_bot.db.lock import only_one
from pixel_bot.errors import DatabaseRefused
from pixel_bot.testing import Stage, settings_in, stage
from pixel_bot.upkeep.person_rows import NobodyOfThatName
from tests.cog_data.cogs_of import cog_with, cogs_in
from tests.harness.database import findings, rows
from tests.harness.seed import url_of

MODELS = """
from typing import Any

class Hug(CogModel):
    giver: Mapped[ViewerId] = mapped_column(primary_key=True)
    taker: Mapped[ViewerId] = mapped_column(primary_key=True)
    times: Mapped[int]

class Note(CogModel):
    id: Mapped[int] = mapped_column(primary_key=True)
    viewer: Mapped[ViewerId | None]
    words: Mapped[str]
    extra: Mapped[dict[str, Any]]
"""
BODY = """
tables = [Hug, Note]

@command(usage="@user")
async def hug(self, ctx: Context, viewer: KnownViewer) -> None:
    \"\"\"Hug somebody.\"\"\"
    async with self.bot.transaction(ctx, "hug") as tx:
        hug = await tx.session.get(Hug, (ctx.viewer.id, viewer.id))
        if hug is None:
            tx.session.add(Hug(giver=ctx.viewer.id, taker=viewer.id, times=1))
        else:
            hug.times += 1
        words = f"{ctx.viewer} hugs {viewer}, not malice"
        tx.session.add(Note(viewer=ctx.viewer.id, words=words, extra={"names": [ctx.viewer.name]}))
"""
MERGES = """
async def merge(self, session, old, new):
    for hug in (await session.execute(select(Hug).where(Hug.giver == old))).scalars():
        kept = await session.get(Hug, (new, hug.taker))
        if kept is not None:
            kept.times += hug.times
            await session.delete(hug)

async def forget(self, viewer, session):
    from sqlalchemy import delete
    await session.execute(delete(Note).where(Note.viewer == viewer.id))
"""
HUGS = cog_with(BODY, "Hugs", MODELS)
MERGING = cog_with(BODY + MERGES, "Hugs", MODELS)


async def ids(chat: Stage) -> dict[str, int]:
    return {str(name): int(i) for i, name in await rows(chat, "SELECT id, name FROM users")}


async def hugs(chat: Stage) -> list[tuple[str, str, int]]:
    names = {i: name for name, i in (await ids(chat)).items()}
    found = await rows(chat, "SELECT giver, taker, times FROM cog_hugs_hug")
    return sorted((names[giver], names[taker], times) for giver, taker, times in found)


async def link(chat: Stage) -> None:
    (code,) = [word for word in (await chat.say("alice", "!link"))[0].split() if word.isupper() and len(word) == 6]
    await chat.say_there("alice", f"!link {code}")
    await chat.say("alice", "!link yes")
    assert await rows(chat, "SELECT COUNT(*) FROM links WHERE undone_at IS NULL") == [(1,)]


async def hugged(chat: Stage, *, both: bool) -> None:
    await chat.viewer("alice", 10)
    await chat.viewer("bob", 10)
    await chat.say_there("alice", "!hug @bob@twitch")
    await chat.say_there("alice", "!hug @bob@twitch")
    if both:
        await chat.say("alice", "!hug @bob")


async def test_rows_follow_a_linked_account_and_go_back(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, hugs=HUGS)) as chat:
        await hugged(chat, both=False)
        assert await hugs(chat) == [("alice@joystick", "bob", 2)]
        await link(chat)
        assert await hugs(chat) == [("alice", "bob", 2)]
        await chat.say_there("alice", "!hug @bob@twitch")  # one account by now
        assert await hugs(chat) == [("alice", "bob", 3)]
        await chat.say("mia", "!unlink @alice", "moderator")
        assert await hugs(chat) == [("alice@joystick", "bob", 3)]
        assert await rows(chat, "SELECT COUNT(*) FROM followed_rows") == [(0,)]
        assert await findings(chat) == []


@pytest.mark.parametrize("loaded", [True, False])
async def test_rows_follow_while_their_cog_is_not_loaded(tmp_path: Path, loaded: bool) -> None:
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, hugs=HUGS)) as chat:
        await hugged(chat, both=False)
        if not loaded:
            await chat.say("pixel_street", "!cog unload hugs", "broadcaster")
            forget_models("hugs")
        await link(chat)
        assert await hugs(chat) == [("alice", "bob", 2)]


@pytest.mark.parametrize(
    ("source", "linked"),
    [(MERGING, [("alice", "bob", 3)]), (HUGS, [("alice", "bob", 1), ("alice@joystick", "bob", 2)])],
)
async def test_where_keys_collide_the_cog_decides(
    tmp_path: Path, source: str, linked: list[tuple[str, str, int]]
) -> None:
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, hugs=source)) as chat:
        await hugged(chat, both=True)
        await link(chat)
        assert await hugs(chat) == linked
        await chat.say("mia", "!unlink @alice", "moderator")
        assert await hugs(chat) == linked  # what was added up stays so; nothing was lost


# Forgotten


def dumped(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())


async def lived(folder: Path, source: str = MERGING) -> dict[str, Any]:
    """Alice has left traces everywhere. Returns the bot's settings."""
    options: dict[str, Any] = {"database_url": url_of(folder / "pixel.db"), "cogs_dir": cogs_in(folder, hugs=source)}
    async with stage(folder, **options) as chat:
        await chat.viewer("alice", 200)
        await chat.viewer("bob", 50)
        await chat.say("alice", "!hug @bob")
        await chat.say("bob", "!hug @alice")
        await chat.say("alice", "!give @bob 5")
        await chat.say("mia", "!points add @alice 7 for alice", "moderator")
        await chat.say("alice", "!sound ding")
        await chat.say("alice", "!tts alice says hello")
        await chat.say_there("alice", "hello")
        await link(chat)
        assert await findings(chat) == []
    forget_models("hugs")
    return options


@pytest.mark.sqlite
async def test_a_forgotten_name_is_nowhere_and_the_ledger_is_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = await lived(tmp_path)
    file, settings = tmp_path / "pixel.db", settings_in(tmp_path, **options)
    before = await rows(file, "SELECT id, user_id, amount, reason, balance_after FROM transactions")
    ((alice, points),) = await rows(file, "SELECT id, points FROM users WHERE name = 'alice'")
    assert "alice" in dumped(file).replace("malice", "").lower()
    assert await forget_person(settings, "@Alice") == 0
    assert f"forgotten-{alice}" in capsys.readouterr().out
    left = [line for line in dumped(file).lower().splitlines() if "alice" in line.replace("malice", "")]
    assert left == []
    assert "not malice" in dumped(file)  # other words that have it in them stay
    assert await rows(file, "SELECT id, user_id, amount, reason, balance_after FROM transactions") == before
    assert await rows(file, "SELECT points, name, platform_id FROM users WHERE id = :i", i=alice) == [
        (points, f"forgotten-{alice}", None)
    ]
    assert await rows(file, "SELECT COUNT(*) FROM cog_hugs_note WHERE viewer = :i", i=alice) == [(0,)]  # the cog's own
    assert await rows(file, "SELECT times FROM cog_hugs_hug WHERE giver = :i", i=alice) == [(1,)]
    assert await findings(file) == []
    with pytest.raises(NobodyOfThatName):
        await forget_person(settings, "alice")
    async with stage(tmp_path, **options) as chat:  # who comes back is somebody new
        await chat.say("alice", "hello")
        assert await chat.points("alice") < 5
        assert await findings(chat) == []


@pytest.mark.sqlite
async def test_after_a_restore_they_are_forgotten_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path, **await lived(tmp_path))
    file = tmp_path / "pixel.db"
    assert await back_up_database(settings, tmp_path / "old.db") == 0
    await forget_person(settings, "alice")
    assert await restore_database(settings, tmp_path / "old.db") == 0
    assert "forgotten since then" in capsys.readouterr().out
    assert await rows(file, "SELECT COUNT(*) FROM users WHERE name LIKE 'alice%'") == [(0,)]
    assert await findings(file) == []
    # And where somebody puts the file there by hand, at the next start.
    (tmp_path / "pixel.db").write_bytes((tmp_path / "old.db").read_bytes())
    assert await rows(file, "SELECT COUNT(*) FROM cog_hugs_note") == [(2,)]
    async with stage(tmp_path, database_url=url_of(file), cogs_dir=tmp_path / "cogs") as chat:
        assert await rows(chat, "SELECT COUNT(*) FROM users WHERE name LIKE 'alice%'") == [(0,)]
        assert await rows(chat, "SELECT COUNT(*) FROM cog_hugs_note") == [(1,)]  # the cog was asked, too
        assert await rows(chat, "SELECT COUNT(*) FROM forgotten_accounts WHERE cogs_due") == [(0,)]
        assert await findings(chat) == []


@pytest.mark.sqlite
async def test_while_a_bot_runs_nobody_is_forgotten(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", 5)
        settings = chat.services.settings
    with only_one(tmp_path / "sandbox.db"), pytest.raises(DatabaseRefused, match="Stop it first"):
        await forget_person(settings, "alice")
    assert await rows(tmp_path / "sandbox.db", "SELECT COUNT(*) FROM users WHERE name = 'alice'") == [(1,)]
    with pytest.raises(NobodyOfThatName):
        await export_person(settings, "nobody")


@pytest.mark.sqlite
async def test_one_persons_data_is_printed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path, **await lived(tmp_path))
    capsys.readouterr()
    assert await export_person(settings, "alice") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["names"] == ["alice", "alice@joystick"]
    tables = data["tables"]
    assert {"users", "transactions", "xp_records", "queue_items", "cog_hugs_hug", "cog_hugs_note"} <= tables.keys()
    assert {row["name"] for row in tables["users"]} == {"alice", "alice@joystick"}
    assert [row["times"] for row in tables["cog_hugs_hug"]] == [1, 1]
    assert len(tables["cog_hugs_note"]) == 1  # what others noted is theirs
