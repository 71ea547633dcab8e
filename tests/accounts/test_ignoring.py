"""The ignore list belongs to accounts: it outlives restarts, new names and links, and names wait for their owners."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.errors import UnknownViewer
from pixel_bot.model.people import Person
from pixel_bot.points.ignore_list import Ignored, IgnoreList
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in, there
from tests.accounts.linked.people import MOD, link, table
from tests.harness.database import findings

ALICE = Person("1", "alice", "Alice")


async def plays(services: Services, person: Person) -> bool:
    viewer = await services.viewers.meet(person)
    async with services.database.readers() as session:
        ignored = await services.ignore_list.read(session)
    # What the look-up of the account says, that of the person says too.
    assert ignored.has(viewer.id, viewer.name) == ignored.has_person(person)
    return not ignored.has(viewer.id, viewer.name)


async def test_somebody_is_ignored_and_plays_again(services: Services) -> None:
    assert await plays(services, ALICE)
    assert (await services.ignoring.ignore("@Alice", "twitch")).changed
    assert not (await services.ignoring.ignore("alice", "twitch")).changed
    assert not await plays(services, ALICE)
    assert (await services.ignoring.unignore("alice", "twitch")).changed
    assert not (await services.ignoring.unignore("alice", "twitch")).changed
    assert await plays(services, ALICE)
    assert table(services, "SELECT * FROM ignored_accounts") == []


async def test_a_new_name_changes_nothing(services: Services) -> None:
    await services.viewers.meet(ALICE)
    await services.ignoring.ignore("alice", "twitch")
    renamed = Person("1", "alicia", "Alicia")
    assert not await plays(services, renamed)
    assert await plays(services, Person("2", "alice", "Alice"))
    assert (await services.ignoring.everybody()).people == ("Alicia",)


async def test_the_list_survives_a_restart(tmp_path: Path) -> None:
    for first in (True, False):
        async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
            await services.viewers.meet(ALICE)
            if first:
                await services.ignoring.ignore("alice", "twitch")
                await services.ignoring.ignore("ghost", "twitch")
                await services.ignoring.unignore("nightbot", "twitch")
            assert not await plays(services, ALICE)
            listed = await services.ignoring.everybody()
            assert (listed.people, listed.playing, listed.service_bots) == (("Alice", "ghost"), ("nightbot",), 22)


async def test_a_name_that_nobody_has_had_waits_for_its_owner(services: Services) -> None:
    change = await services.ignoring.ignore("@Ghost", "twitch")
    assert (change.changed, change.seen, change.shown) == (True, False, "ghost")
    ghost = Person("7", "ghost", "Ghost")
    assert not await plays(services, ghost)
    assert table(services, "SELECT name FROM ignored_names") == []
    assert not await plays(services, Person("7", "spirit", "Spirit"))
    assert await plays(services, Person("8", "ghost", "Ghost"))


async def test_a_waiting_name_can_be_taken_back(services: Services) -> None:
    await services.ignoring.ignore("ghost", "twitch")
    assert (await services.ignoring.unignore("ghost", "twitch")).changed
    assert await plays(services, Person("7", "ghost", "Ghost"))


async def test_somebody_who_takes_a_waiting_name_is_meant(services: Services) -> None:
    await services.viewers.meet(ALICE)
    await services.ignoring.ignore("ghost", "twitch")
    assert not await plays(services, Person("1", "ghost", "Ghost"))
    assert not await plays(services, ALICE)


async def test_somebody_on_the_list_who_takes_a_waiting_name_stays_as_they_are(services: Services) -> None:
    await services.viewers.meet(ALICE)
    await services.viewers.meet(Person("5", "nightbot", "Nightbot"))
    await services.ignoring.ignore("alice", "twitch")
    await services.ignoring.unignore("nightbot", "twitch")
    for name in ("ghost", "spirit"):
        await services.ignoring.ignore(name, "twitch")
    assert not await plays(services, Person("1", "ghost", "Ghost"))
    assert await plays(services, Person("5", "spirit", "Spirit"))
    assert table(services, "SELECT name FROM ignored_names") == []


async def test_a_name_that_is_put_on_the_list_as_its_owner_comes_is_the_owners(services: Services) -> None:
    await services.viewers.meet(ALICE)
    await services.ignore_list.put_name("alice", ignored=True)
    await services.ignore_list.put_name("ghost", ignored=True)
    assert table(services, "SELECT name FROM ignored_names") == [("ghost",)]
    assert not await plays(services, ALICE)


async def test_taking_one_off_the_list_leaves_the_others_on_it(services: Services) -> None:
    people = [ALICE, Person("2", "bob", "Aaron")]
    for person in people:
        await services.viewers.meet(person)
    for name in ("bob", "alice", "ghost", "spirit"):
        await services.ignoring.ignore(name, "twitch")
    assert (await services.ignoring.everybody()).people == ("Aaron", "Alice", "ghost", "spirit")
    for name in ("alice", "ghost"):
        await services.ignoring.unignore(name, "twitch")
    assert (await services.ignoring.everybody()).people == ("Aaron", "spirit")
    assert [await plays(services, person) for person in people] == [True, False]


async def test_a_name_waits_on_the_platform_that_is_named(services: Services) -> None:
    await services.ignoring.ignore("ghost@joystick", "twitch")
    assert await plays(services, Person("7", "ghost", "Ghost"))
    assert not await plays(services, there("Ghost"))
    await services.viewers.meet(ALICE)
    with pytest.raises(UnknownViewer, match=r"On Twitch there is one"):
        await services.ignoring.ignore("alice", "joystick")


@pytest.mark.parametrize("typed", ["", "@", "two words", "ゆきだるま", "x" * 26, "a~1", "bob@youtube"])
async def test_what_is_no_name_is_refused(services: Services, typed: str) -> None:
    with pytest.raises(UnknownViewer):
        await services.ignoring.ignore(typed, "twitch")
    assert table(services, "SELECT * FROM ignored_names") == []


@pytest.mark.parametrize("first", [True, False], ids=["seen first", "not seen"])
@pytest.mark.parametrize("bot", [Person("5", "nightbot", "Nightbot"), there("Nightbot")])
async def test_a_service_bot_is_ignored_until_a_mod_says_else(services: Services, first: bool, bot: Person) -> None:
    if first:
        assert not await plays(services, bot)
    assert (await services.ignoring.unignore("nightbot", bot.platform)).changed
    assert await plays(services, bot)
    assert (await services.ignoring.ignore("nightbot", bot.platform)).changed
    assert not await plays(services, bot)


async def test_start_points_are_for_those_who_play(tmp_path: Path) -> None:
    async with opened(settings_in(tmp_path, points_start_amount=50), "sandbox", SettableClock()) as services:
        await services.ignoring.ignore("ghost", "twitch")
        points = [
            (await services.viewers.meet(Person(str(number), name, name))).points
            for number, name in enumerate(["ghost", "nightbot", "alice"])
        ]
        assert points == [0, 0, 50]
        assert await findings(services) == []


async def test_the_bots_own_account_never_plays(services: Services) -> None:
    await services.ignore_list.refresh()
    services.ignore_list.add_own("99")
    await services.ignore_list.refresh()
    assert services.ignore_list.now.has_person(Person("99", "pixelbot", "PixelBot"))
    assert not services.ignore_list.now.has_person(Person("99", "pixelbot", "PixelBot", "joystick"))


# Links


@pytest.mark.parametrize("ignored", ["alice", "ally@joystick"])
async def test_a_link_takes_the_other_account_along_and_its_end_frees_neither(services: Services, ignored: str) -> None:
    ally = there("Ally")
    for person in (ALICE, ally):
        await services.viewers.meet(person)
    await services.ignoring.ignore(ignored, "twitch")
    linked = await link(services, ALICE, ally)
    assert not await plays(services, ALICE)
    assert not await plays(services, ally)
    await services.links.unlink(MOD, linked.kept)
    assert not await plays(services, ALICE)
    assert not await plays(services, ally)
    assert await findings(services) == []


@pytest.mark.parametrize("typed", ["alice@twitch", "ally@joystick"])
async def test_either_name_of_a_linked_person_means_both(services: Services, typed: str) -> None:
    ally = there("Ally")
    await link(services, ALICE, ally)
    await services.ignoring.ignore(typed, "twitch")
    assert not await plays(services, ALICE)
    assert not await plays(services, ally)
    assert (await services.ignoring.everybody()).people == ("Alice",)
    await services.ignoring.unignore(typed, "joystick")
    assert await plays(services, ally)


# What is remembered


async def put_and_fail(services: Services, user_id: int) -> None:
    async with services.database.write() as session:
        services.ignore_list.touch()
        query = "INSERT INTO ignored_accounts VALUES (:id, TRUE, '2026-01-01 12:00:00')"
        await session.execute(text(query), {"id": user_id})
        assert (await services.ignore_list.read(session)).has(user_id, "alice")
        raise RuntimeError


async def test_what_was_rolled_back_is_not_remembered(services: Services) -> None:
    viewer = await services.viewers.meet(ALICE)
    with pytest.raises(RuntimeError):
        await put_and_fail(services, viewer.id)
    assert services.ignore_list.now == Ignored(), "for those who cannot wait, too"
    assert await plays(services, ALICE)
    await services.viewers.meet(Person("2", "bob", "Bob"))
    assert services.ignore_list.now == Ignored()


async def test_who_listens_is_told_of_each_change_and_the_list_is_read_once(services: Services) -> None:
    viewer = await services.viewers.meet(ALICE)
    told: list[bool] = []
    services.ignore_list.changed.add(lambda: told.append(services.ignore_list.now.has(viewer.id, "alice")))
    await services.ignoring.ignore("alice", "twitch")
    await services.ignoring.ignore("alice", "twitch")
    assert told == [True]
    await services.ignoring.unignore("alice", "twitch")
    assert told == [True, False]
    services.ignore_list.invalidate()
    assert told == [True, False, False], "of a change that another process made, before it is read"
    await services.ignore_list.refresh()
    assert told == [True, False, False], "nothing is different"


async def test_the_list_is_read_from_the_database_only_when_it_may_differ(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    ignore_list = IgnoreList(services.database, services.clock)
    load = ignore_list._load

    async def count(session: AsyncSession) -> Ignored:
        nonlocal reads
        reads += 1
        return await load(session)

    async def refreshed() -> int:
        for _ in range(3):
            await ignore_list.refresh()
        return reads

    monkeypatch.setattr(ignore_list, "_load", count)
    monkeypatch.setattr(services.database, "is_shared", False)
    assert await refreshed() == 1, "at the start"
    await ignore_list.put_name("alice", ignored=True)
    reads = 0
    assert await refreshed() == 0, "what it has changed itself was read at once"
    ignore_list.invalidate()
    assert await refreshed() == 1
    # Another process on a shared database may have changed it at any time.
    monkeypatch.setattr(services.database, "is_shared", True)
    assert await refreshed() == 4


async def test_a_list_that_was_changed_while_it_was_read_is_read_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = await services.viewers.meet(ALICE)
    load, ignore_list = services.ignore_list._load, services.ignore_list

    async def late(session: AsyncSession) -> Ignored:
        found = await load(session)
        ignore_list.invalidate()
        return found

    ignore_list.invalidate()
    monkeypatch.setattr(ignore_list, "_load", late)
    async with services.database.readers() as session:
        assert await ignore_list.read(session) == Ignored()
    monkeypatch.setattr(ignore_list, "_load", load)
    async with services.database.write() as session:
        await session.execute(
            text("INSERT INTO ignored_accounts VALUES (:id, TRUE, '2026-01-01 12:00:00')"), {"id": viewer.id}
        )
    assert not await plays(services, ALICE)
