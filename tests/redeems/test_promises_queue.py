"""What the statements of the queue promise: which items they touch, in which states, and what they leave alone."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text, update

from pixel_bot.clock import EPOCH
from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import PlaySound, Run, Speak
from pixel_bot.model.people import Person, Viewer
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.pending_items import any_pending, any_unannounced, unannounced_query
from pixel_bot.redeems.queue_items import Draft, Item, Q
from pixel_bot.redeems.unannounced import unannounced
from pixel_bot.services import Services
from tests.harness.queue_rows import STATES, in_all_states, queued, rows

DING, WORK, HELLO = PlaySound("ding"), Run("work"), Speak("hello")


@pytest.fixture
async def alice(services: Services) -> Viewer:
    return await services.viewers.meet(Person("1", "alice", "Alice"))


@pytest.fixture
def now(services: Services) -> datetime:
    return services.clock.now()


async def one(services: Services, item_id: int) -> Item:
    async with services.database.readers() as session:
        return (await queue_items.load(session, Q.id == item_id))[0]


# Looking


async def test_a_new_item_waits_with_all_that_was_asked(services: Services, alice: Viewer, now: datetime) -> None:
    until, for_all = now + timedelta(seconds=5), now + timedelta(seconds=9)
    draft = Draft(HELLO, "say", alice.id, now, 25, "effect", "m1", until, for_all, {"draw": 7}, "r1")
    async with services.database.write() as session:
        item_id = await queue_items.put(session, draft)
    row = (await rows(services))[item_id]
    assert (row["kind"], row["track"], row["status"], row["redeem"]) == ("tts", "tts", "pending", "say")
    assert (row["user_id"], row["cost"], row["message_id"], row["redemption"]) == (alice.id, 25, "m1", "r1")
    assert (row["created_at"], row["cooldown_until"], row["everyone_until"]) == (now, until, for_all)
    assert (row["payload_json"]["text"], row["payload_json"]["draw"]) == ("hello", 7)
    assert (row["told"], row["attempts"], row["page"], row["begun_at"], row["refunded_at"]) == (True, 0, *[None] * 3)
    assert len(bytes.fromhex(row["token"])) == 8
    item = await one(services, item_id)
    assert (item.buyer, item.effect, item.platform) == ("Alice", HELLO, "twitch")


async def test_the_head_of_a_track_is_its_oldest_that_waits(services: Services) -> None:
    await queued(services, DING, DING, status="running")
    await queued(services, HELLO, WORK)
    first, _ = await queued(services, DING, DING)
    await queued(services, DING, status="done")
    async with services.database.readers() as session:
        head = await queue_items.head(session, "sound")
        assert head is not None
        assert head.id == first
        assert await queue_items.head(session, "wheel") is None


async def test_work_without_a_track_is_seen_only_while_it_waits(services: Services) -> None:
    await queued(services, DING, HELLO)
    for state in ("running", "done", "failed"):
        await queued(services, WORK, status=state)
    assert not await any_pending(services.database, None)
    await queued(services, WORK)
    assert await any_pending(services.database, None)


async def test_a_track_has_something_pending_only_while_it_waits(services: Services) -> None:
    await queued(services, HELLO, WORK)
    for state in ("running", "done", "failed"):
        await queued(services, DING, status=state)
    assert not await any_pending(services.database, "sound")
    await queued(services, DING)
    assert await any_pending(services.database, "sound")


async def test_a_result_is_unannounced_until_chat_was_told(services: Services) -> None:
    (item_id,) = await queued(services, DING, status="failed")
    assert not await any_unannounced(services.database)
    async with services.database.write() as session:
        await session.execute(update(QueueItem).where(Q.id == item_id).values(told=False))
    assert await any_unannounced(services.database)


@pytest.mark.sqlite
async def test_looking_for_results_reads_only_those_that_were_not_announced(services: Services) -> None:
    plan = await services.database.look_up("EXPLAIN QUERY PLAN " + unannounced_query(services.database), {})
    assert [row[-1] for row in plan] == ["SCAN queue_items USING INDEX ix_queue_items_untold"]


async def test_items_come_in_their_order(services: Services) -> None:
    ids = await queued(services, *[DING] * 4)
    async with services.database.readers() as session:
        assert [i.id for i in await queue_items.load(session, Q.id.in_(ids[::-1]))] == ids
        assert [i.id for i in await queue_items.load(session, limit=3)] == ids[:3]
        newest = await queue_items.last(session, Q.id < ids[-1])
    assert newest is not None
    assert newest.id == ids[2]


async def test_what_a_hand_has_put_there_can_be_read(services: Services) -> None:
    async with services.database.write() as session:
        await session.execute(text("INSERT INTO queue_items (kind, payload_json) VALUES ('tea', '{\"cup\": 1}')"))
        (item,) = await queue_items.load(session)
    assert (item.redeem, item.buyer, item.token, item.created_at) == ("", "", "", EPOCH)
    assert (item.cost, item.user_id, queue_items.has_known_effect(item)) == (0, None, False)


async def test_a_buyer_has_the_name_of_where_it_was_asked(services: Services, alice: Viewer) -> None:
    other = await services.viewers.meet(Person("2", "ally", "Ally", "joystick"))
    stranger = await services.viewers.meet(Person("3", "bob", "Bob"))
    guest = await services.viewers.meet(Person("4", "zoe", "Zoe", "joystick"))
    async with services.database.write() as session:
        merge = text("UPDATE users SET merged_into = :kept WHERE id = :id")
        for kept, merged in ((stranger.id, guest.id), (alice.id, other.id)):
            await session.execute(merge, {"kept": kept, "id": merged})
    for message in ("m1", "joystick:m1", None):
        await queued(services, DING, user_id=alice.id, message_id=message)
    async with services.database.readers() as session:
        found = await queue_items.load(session)
    assert [(i.buyer, i.platform) for i in found] == [("Alice", "twitch"), ("Ally", "joystick"), ("Alice", "twitch")]
    assert [(i.cost, i.redeem, queue_items.has_known_effect(i)) for i in found] == [(0, "thing", True)] * 3


# Changing


async def test_what_has_begun_keeps_its_first_moment(services: Services, now: datetime) -> None:
    first, second = await queued(services, DING, DING)
    for seconds in (1, 2):
        async with services.database.write() as session:
            await queue_items.begin(session, first, now + timedelta(seconds=seconds))
    found = await rows(services)
    assert (found[first]["begun_at"], found[second]["begun_at"]) == (now + timedelta(seconds=1), None)


async def test_a_page_is_noted_on_its_item_alone(services: Services) -> None:
    first, second = await queued(services, DING, DING)
    async with services.database.write() as session:
        await queue_items.give_to(session, first, "page")
    found = await rows(services)
    assert (found[first]["page"], found[second]["page"]) == ("page", None)


@pytest.mark.parametrize(("how", "page", "attempts"), [({}, "page", 2), ({"released": True}, None, 2),
                                                       ({"counted": False}, "page", 1)])  # fmt: skip
async def test_only_what_runs_is_put_back(
    services: Services, now: datetime, how: dict[str, bool], page: str | None, attempts: int
) -> None:
    columns = {"page": "page", "attempts": 1, "owner": 7, "started_at": now}
    ids = await in_all_states(services, DING, **columns)
    (other,) = await queued(services, DING, status="running", **columns)
    before = await rows(services)
    async with services.database.write() as session:
        await queue_items.put_back(session, list(ids.values()), **how)
    after = await rows(services)
    changed = {"status": "pending", "page": page, "attempts": attempts, "owner": None, "started_at": None}
    assert after[ids["running"]] == {**before[ids["running"]], **changed}
    assert {i: row for i, row in after.items() if i != ids["running"]} == {
        i: row for i, row in before.items() if i != ids["running"]
    }
    assert after[other]["status"] == "running"


async def test_what_another_process_took_over_is_not_put_back(services: Services) -> None:
    (mine,) = await queued(services, DING, status="running", owner=1)
    (theirs,) = await queued(services, DING, status="running", owner=2)
    async with services.database.write() as session:
        await queue_items.put_back(session, [mine, theirs], QueueItem.owner.in_([1]))
    found = await rows(services)
    assert (found[mine]["status"], found[theirs]["status"]) == ("pending", "running")


@pytest.mark.parametrize(("note", "told"), [("It broke.", False), ("", True)])
async def test_what_waits_or_runs_ends_once(services: Services, now: datetime, note: str, told: bool) -> None:
    ids = await in_all_states(services, DING)
    before = await rows(services)
    later = now + timedelta(seconds=1)
    for ended in ([ids["pending"], ids["running"]], []):
        async with services.database.write() as session:
            where = [Q.id.in_(list(ids.values()))]
            assert await queue_items.end(session, where, "failed", later, note, told=told) == ended
        later += timedelta(seconds=1)
    after = await rows(services)
    end = {"status": "failed", "finished_at": now + timedelta(seconds=1), "note": note or None, "told": told}
    for state in ("pending", "running"):
        assert after[ids[state]] == {**before[ids[state]], **end}
    for state in ("done", "failed"):
        assert after[ids[state]] == before[ids[state]]


@pytest.mark.parametrize(("words", "note", "told"), [("@alice Here.", "@alice Here.", False), ("", None, True)])
async def test_an_item_is_done_once(
    services: Services, now: datetime, words: str, note: str | None, told: bool
) -> None:
    ids = await in_all_states(services, DING)
    before = await rows(services)
    async with services.database.write() as session:
        assert [await queue_items.done(session, ids[state], now, words) for state in STATES] == [
            True,
            True,
            False,
            False,
        ]
        assert not await queue_items.done(session, ids["running"], now, "again")
    after = await rows(services)
    end = {"status": "done", "finished_at": now, "note": note, "told": told}
    for state, item_id in ids.items():
        assert after[item_id] == {**before[item_id], **(end if state in ("pending", "running") else {})}


async def test_chat_hears_of_what_it_was_not_told_and_each_platform_of_its_own(
    services: Services, now: datetime
) -> None:
    await queued(services, DING, status="failed", note="told", told=True)
    here = await queued(services, DING, DING, status="failed", note="x", told=False, cost=15, message_id="m1")
    nobody = await queued(services, DING, status="failed", told=False, cost=15, refunded_at=now)
    there_ = await queued(services, DING, status="failed", note="y", told=False, message_id="joystick:1")
    async with services.database.readers() as session:
        told = await unannounced(session, 10, "twitch")
        assert [(t.item.id, t.note, t.back) for t in told] == [(here[0], "x", 0), (here[1], "x", 0), (*nobody, "", 15)]
        assert [t.item.id for t in await unannounced(session, 2, "twitch")] == here
        assert [t.item.id for t in await unannounced(session, 10, "joystick")] == there_
