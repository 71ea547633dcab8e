"""The bot goes on with a database of any version."""

from pathlib import Path

import pytest

from pixel_bot.clock import Clock
from pixel_bot.model.people import Person
from pixel_bot.platforms.joystick.installation_store import InstallationStore
from pixel_bot.platforms.twitch.token_store import TokenStore
from pixel_bot.run.running_bot import opened
from pixel_bot.security.cipher import load_cipher
from pixel_bot.testing import SettableClock, Stage, settings_in, stage
from tests.db.migrations.versions import COPIED, LIVED, WITH_REDEEMS, brought_up, every_version, made, settings_for
from tests.harness.database import findings
from tests.harness.seed import query, url_of

pytestmark = pytest.mark.sqlite


# The bot goes on with them


@every_version
async def test_the_ledger_is_right_and_goes_on(path: Path, version: str) -> None:
    async with opened(
        settings_in(path.parent, database_url=url_of(made(path, version))), "sandbox", Clock()
    ) as services:
        assert await findings(services) == []
        alice, bob = await services.viewers.find("alice"), await services.viewers.find("bob")
        before = alice.points + bob.points
        assert alice.points == query(path, "SELECT points FROM users WHERE name = 'alice'")[0][0] > 0
        assert (await services.levels.standing(alice)).level > 1
        given = await services.economy.give(alice, bob, 100)
        assert given.giver_balance + given.receiver_balance == before
        (newest,) = await services.economy.history(alice, 1)
        assert newest.amount == -100
        newcomer = await services.viewers.meet(Person("77", "zoe", "Zoe"))
        assert newcomer.points == 0
        assert bob.name in {place.name for place in await services.leaderboard.by_points()}
        assert await findings(services) == []


@pytest.mark.parametrize("version", ["document", "0002", "0005"])
async def test_chat_answers(path: Path, version: str) -> None:
    brought_up(path, version)
    async with stage(path.parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()
        points = await chat.points("alice")
        (answer,) = await chat.say("Alice", "!points")
        assert f"{points:,} point" in answer
        (history,) = await chat.say("Alice", "!history")
        assert history.startswith("Alice, newest first: ")
        assert history.endswith(f"{points:,} points now.")
        assert await findings(chat.services) == []


@pytest.mark.parametrize("version", ["0002", "0005"])
async def test_what_was_worked_once_gives_nothing_again(path: Path, version: str) -> None:
    async with stage(brought_up(path, version).parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()
        before = query(path, "SELECT COUNT(*) FROM transactions")
        assert await chat.say("Alice", "!give @bob 25", message_id="message-15") == []
        assert await chat.say("bob", "hello 0", message_id="message-2") == []
        assert query(path, "SELECT COUNT(*) FROM transactions") == before


@pytest.mark.parametrize("version", LIVED)
async def test_the_last_change_by_a_mod_can_still_be_undone(path: Path, version: str) -> None:
    async with opened(
        settings_in(path.parent, database_url=url_of(brought_up(path, version))), "sandbox", Clock()
    ) as services:
        mod = await services.viewers.find("pixel_street")
        if version >= "0005":
            assert (await services.economy.undo(mod)).summary == "link alice@joystick to alice"
        assert (await services.economy.undo(mod)).summary == "+120 XP for Alice"
        alice = await services.viewers.find("alice")
        assert (await services.levels.standing(alice)).level == 1
        assert await findings(services) == []


async def ended(chat: Stage) -> None:
    """Wait until no item waits or runs."""
    while query(path_of(chat), "SELECT 1 FROM queue_items WHERE status IN ('pending', 'running')"):
        await chat.passes(1)


def path_of(chat: Stage) -> Path:
    path = chat.services.database.path
    assert path is not None
    return path


@pytest.mark.parametrize("version", WITH_REDEEMS)
async def test_items_go_on(path: Path, version: str) -> None:
    """One was running, one had failed and was not told, and the lanes of two or three more were paused."""
    brought_up(path, version)
    waiting = query(path, "SELECT token FROM queue_items WHERE status IN ('pending', 'running') ORDER BY id")
    points = dict(query(path, "SELECT name, points FROM users WHERE name IN ('alice', 'bob')"))
    async with stage(path.parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()
        assert query(path, "SELECT status FROM queue_items WHERE status = 'running'") == []
        assert any("@bob" in line and "12 points are back" in line for line in chat.sent), chat.sent
        await chat.say("pixel_street", "!queue resume", "broadcaster")
        await ended(chat)
        assert {(message["id"],) for message in chat.overlay.played} == set(waiting)
        assert query(path, "SELECT COUNT(*) FROM queue_items WHERE status = 'failed'") == [(1,)]
        assert await chat.points("alice") == points["alice"], "what ran is paid, and nothing comes back"
        won = query(path, "SELECT prize FROM draws WHERE id = 2 AND landed_at IS NOT NULL")
        assert await chat.points("bob") == points["bob"] + (5 if won == [("Five points",)] else 0)
        assert await findings(chat.services) == []


@pytest.mark.parametrize("version", ["document", "0001", "0002"])
async def test_items_of_before_there_were_redeems_end_without_moving_a_point(path: Path, version: str) -> None:
    brought_up(path, version)
    async with stage(path.parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()
        assert query(path, "SELECT COUNT(*) FROM queue_items WHERE status IN ('pending', 'running')") == [(0,)]
        assert query(path, "SELECT COUNT(*) FROM transactions WHERE reason LIKE 'refund%'") == [(0,)]
        assert await findings(chat.services) == []


@pytest.mark.parametrize("version", WITH_REDEEMS)
async def test_prices_blocks_and_voices_are_kept(path: Path, version: str) -> None:
    brought_up(path, version)
    async with stage(path.parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()  # what that version left to tell is told
        carol, bob = await chat.services.viewers.find("carol"), await chat.services.viewers.find("bob")
        await chat.services.economy.add(bob, carol, 50)
        (refused,) = await chat.say("carol", "!tts hello")
        assert "A mod has blocked you from Text-to-Speech." in refused
        assert query(path, "SELECT cost FROM redeems WHERE key = 'sound'") == [(12,)]
        assert await chat.services.viewers.voice_of(bob) == "en-us"


@pytest.mark.parametrize("version", ["0004", "0005"])
async def test_who_is_signed_in_stays_so(path: Path, version: str) -> None:
    settings = settings_in(path.parent, **settings_for(brought_up(path, version)))
    async with opened(settings, "sandbox", Clock()) as services:
        token_store = TokenStore(services.database, services.clock, load_cipher(settings))
        bot, broadcaster = sorted(await token_store.load(), key=lambda account: account.role)
        assert bot.tokens is not None
        assert (bot.login, bot.tokens.access, bot.tokens.refresh) == (
            "pixelbot",
            "access-of-the-bot",
            "refresh-of-the-bot",
        )
        assert (broadcaster.login, broadcaster.tokens) == ("pixel_street", None)
        assert (bot.client_id, broadcaster.why) == ("", "")
        assert bot.renewed_at is not None
        (still_open,) = await services.channel_points.open()
        assert (still_open.ref.redemption, still_open.result) == ("redemption-1", None)


@every_version
async def test_the_installation_on_the_other_platform_stays(path: Path, version: str) -> None:
    settings = settings_in(path.parent, **settings_for(brought_up(path, version)))
    async with opened(settings, "sandbox", Clock()) as services:
        (install,) = await InstallationStore(services.database, services.clock, load_cipher(settings)).load()
        assert install.grant is not None
        assert (install.channel_id, install.problem) == ("chan-1", "")
        assert (install.grant.access, install.grant.refresh) == ("plain-access", "plain-refresh")


async def test_linked_accounts_stay_linked(path: Path) -> None:
    settings = settings_in(path.parent, **settings_for(brought_up(path, "0005")))
    async with opened(settings, "sandbox", Clock()) as services:
        far = await services.viewers.find("alice@joystick")
        near = await services.viewers.find("alice")
        assert far == near
        parted = await services.links.unlink(near, near)
        assert (parted.points, parted.missing, parted.merged.name) == (1, 0, "alice@joystick")
        assert await findings(services) == []
