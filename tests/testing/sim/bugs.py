"""Bugs to plant into the bot: each function changes the running program, as a wrong line of the source would."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text, update

from pixel_bot.accounts import economy
from pixel_bot.bot.delivery.outbox import Outbox
from pixel_bot.db.models import Change, QueueItem
from pixel_bot.platforms.twitch.oauth import OAuth
from pixel_bot.points import idempotency, ledger, levels, mod_changes, processed_ids
from pixel_bot.points.ledger import Entry
from pixel_bot.queue import dispatcher, queue, refund_notifier, result_writer
from pixel_bot.redeems import hooks, queue_items, shop
from pixel_bot.redeems.unannounced import unannounced
from pixel_bot.sandbox.twitch import tokens


def _plant(owner: Any, name: str, wrong: Any) -> None:
    setattr(owner, name, wrong)


async def _commit(session: Any) -> None:
    """What was written so far is durable; the rest comes in another transaction."""
    connection = await (await session.connection()).get_raw_connection()
    await connection.driver_connection.commit()
    await session.execute(text("BEGIN IMMEDIATE"))


def _commits_first(owner: Any, name: str) -> None:
    """What came before a function is committed before it."""
    right = getattr(owner, name)

    async def wrong(session: Any, *given: Any, **named: Any) -> Any:
        await _commit(session)
        return await right(session, *given, **named)

    _plant(owner, name, wrong)


def _commits_after(owner: Any, name: str) -> None:
    """What a function wrote is committed after it."""
    right = getattr(owner, name)

    async def wrong(session: Any, *given: Any, **named: Any) -> Any:
        result = await right(session, *given, **named)
        await _commit(session)
        return result

    _plant(owner, name, wrong)


def wrong_balances() -> None:
    """A gift of a viewer is added to the balance once more than to the ledger."""
    totals = ledger._totals

    def wrong(entries: Sequence[Entry]) -> dict[int, int]:
        found = totals(entries)
        return {user: total + any(e.reason == "give" for e in entries) for user, total in found.items()}

    _plant(ledger, "_totals", wrong)


def forgotten_ids() -> None:
    """The ids of chat messages are not kept."""

    async def forgotten(*_: object) -> None:
        return None

    _plant(processed_ids, "claim_all", forgotten)


def double_xp() -> None:
    """Who earns XP gets it twice."""
    add = levels.Levels._add_xp

    async def twice(self: Any, session: Any, totals: Any, at: Any) -> Any:
        return await add(self, session, {name: 2 * amount for name, amount in totals.items()}, at)

    _plant(levels.Levels, "_add_xp", twice)


def double_refunds() -> None:
    """Whoever is given something back gets it twice, in the ledger, too."""
    post = ledger.post

    async def twice(session: Any, entries: Sequence[Entry]) -> dict[int, int]:
        await post(session, [e for e in entries if e.reason.startswith("refund:")])
        return await post(session, entries)

    _plant(ledger, "post", twice)


def claim_outside() -> None:
    """The ids of chat messages are claimed in a transaction of their own, before that which pays."""
    _commits_after(processed_ids, "claim_all")


def early_cooldown() -> None:
    """The cooldown is durable before it is clear that the buyer can pay."""
    debit = shop.Shop._debit

    async def wrong(self: Any, session: Any, viewer: Any, key: str, cost: int, now: Any) -> int:
        await self._cooldowns.start_until(session, viewer.id, key, now + timedelta(seconds=30))
        await _commit(session)
        return await debit(self, session, viewer, key, cost, now)

    _plant(shop.Shop, "_debit", wrong)


def charged_first() -> None:
    """The points are gone in one transaction, and the item comes in another."""
    _commits_first(queue_items, "put")


def ended_first() -> None:
    """An item ends in one transaction, and its points return in another."""
    _commits_after(queue_items, "end")


def missed_call() -> None:
    """A lane hears nothing of what was bought for it."""

    def wrong(self: Any, _track: str | None) -> None:
        self.approvals.wake()

    _plant(dispatcher.Dispatcher, "wake_for", wrong)


def silent_outbox() -> None:
    """A message that is put into a sleeping outbox does not wake it."""
    right = Outbox._queue

    def wrong(self: Any, waiting: Any) -> None:
        call, self._wake = self._wake, asyncio.Event()
        right(self, waiting)
        self._wake = call

    _plant(Outbox, "_queue", wrong)


def told_too_early() -> None:
    """A notice is marked as told before it is sent."""

    async def wrong(self: Any) -> bool:
        async with self._services.database.readers() as session:
            fetched = await unannounced(session, 50, self._platform)
        for words, ids in refund_notifier.messages(fetched):
            await self._mark_announced(ids)
            await self._say(words, None, self._platform)
        return bool(fetched)

    _plant(refund_notifier.RefundNotifier, "_announce_some", wrong)


def taken_twice() -> None:
    """A page's word that the wheel stands still is worked once more, and pays the prize again."""
    finish, done, land = result_writer.ResultWriter.finish, queue_items.done, hooks.RedeemHooks.on_done

    async def twice(self: Any, *given: Any) -> None:
        await finish(self, *given)
        await finish(self, *given)

    async def unlanded(self: Any, session: Any, item: Any) -> Any:
        await session.execute(text("UPDATE draws SET landed_at = NULL"))
        return await land(self, session, item)

    async def any_end(*given: Any) -> bool:
        await done(*given)
        return True

    _plant(result_writer.ResultWriter, "finish", twice)
    _plant(hooks.RedeemHooks, "on_done", unlanded)
    _plant(queue_items, "done", any_end)


def undone_twice() -> None:
    """A change that was undone can be undone again."""
    mark_undone = mod_changes.mark_undone

    async def unmarked(session: Any, now: Any, change_id: Any = None) -> Any:
        change = await mark_undone(session, now, change_id)
        if change is not None:
            await session.execute(update(Change).where(Change.id == change.id).values(undone_at=None))
        return change

    async def reverse(session: Any, change_id: int, now: Any, note: str) -> Any:
        query = "SELECT user_id, amount FROM transactions WHERE change_id = :change AND reason <> 'undo'"
        rows = (await session.execute(text(query), {"change": change_id})).all()
        await ledger.post(session, [Entry(user, -amount, "undo", now, change_id, note) for user, amount in rows])
        return mod_changes.Reversal(len(rows), 0, 0)

    _plant(mod_changes, "mark_undone", unmarked)
    _plant(mod_changes, "reverse", reverse)


def refunded_after_playing() -> None:
    """A skip that finds nothing waiting gives back what has played last."""
    skip = queue.Queue.skip

    async def wrong(self: Any, kind: str = "") -> Any:
        skipped = await skip(self, kind)
        if skipped is None:
            services = self._services
            async with services.database.write() as session:
                played = await queue_items.last(session, QueueItem.status == "done", QueueItem.cost > 0)
                if played is not None:
                    ended = update(QueueItem).where(QueueItem.id == played.id)
                    await session.execute(ended.values(status="failed"))
                    await services.refunds.refund_finished(session, played)
        return skipped

    _plant(queue.Queue, "skip", wrong)


def lost_update() -> None:
    """The giver's balance is read before the transaction, and written in it."""
    give = economy.Economy.give

    async def wrong(self: Any, giver: Any, receiver: Any, amount: Any) -> Any:
        before = (await self._database.look_up("SELECT points FROM users WHERE id = :id", {"id": giver.id}))[0][0]
        await asyncio.sleep(2.0)  # as if Twitch were asked in between
        given = await give(self, giver, receiver, amount)
        async with self._database.write() as session:
            await session.execute(
                text("UPDATE users SET points = :points WHERE id = :id"),
                {"points": before - given.amount, "id": giver.id},
            )
        return given

    _plant(economy.Economy, "give", wrong)


def said_too_early() -> None:
    """The answer to a gift is said while it is being written."""
    give = economy.Economy.give
    tasks: set[asyncio.Task[Any]] = set()

    async def later(*given: Any) -> Any:
        await asyncio.sleep(0.5)
        return await give(*given)

    async def wrong(self: Any, giver: Any, receiver: Any, amount: Any) -> Any:
        if not isinstance(amount, int) or amount > giver.points:
            return await give(self, giver, receiver, amount)
        tasks.add(asyncio.create_task(later(self, giver, receiver, amount)))
        return economy.Given(amount, giver.points - amount, receiver.points + amount)

    _plant(economy.Economy, "give", wrong)


def worked_twice() -> None:
    """Whether a message was worked before is not asked."""

    async def always_new(_session: Any, events: Any) -> set[str]:
        return {e.id for e in events}

    _plant(idempotency, "claim", always_new)


def forgotten_items() -> None:
    """What was playing when the process died is not taken up again."""

    async def nothing(*_: object) -> int:
        return 0

    _plant(dispatcher, "recover", nothing)


def spent_twice() -> None:
    """A renewal that was answered is asked for once more, with the same refresh token."""
    refresh = OAuth.refresh

    async def twice(self: Any, used: Any) -> Any:
        renewed = await refresh(self, used)
        try:
            return await refresh(self, used)
        except Exception:  # noqa: BLE001 - the bug's own
            return renewed

    tokens.TOKEN_SECONDS = 20  # so that there is something to renew
    _plant(OAuth, "refresh", twice)
