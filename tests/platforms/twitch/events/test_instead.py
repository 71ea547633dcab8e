"""Where Twitch refuses the event that tells of all bits, the older one is heard in its place, and never both."""

from datetime import UTC, datetime

import pytest

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch import subscription_types as known
from tests.harness.twitch_harness import Harness
from tests.harness.waiting import until
from tests.platforms.twitch.events.event_cases import ALICE, scene

BITS, CHEER = "channel.bits.use", "channel.cheer"


def held(home: Harness) -> set[str]:
    return {s["type"] for s in home.twitch.subscriptions.values()} & {BITS, CHEER}


async def test_cheers_are_heard_only_while_bits_are_refused(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.delitem(known.KINDS, BITS)
        async with scene(home) as show:
            assert held(home) == {CHEER}
            await show.sends(CHEER, frames.cheer(ALICE, 150), "event-1")
            assert await show.ledger() == [("alice", "cheer", 150)]
            assert [r.type.type for r in show.app.platform.eventsub.refusals] == [BITS]
            patch.undo()
            show.app.platform.eventsub.reconcile_soon()
            await until(lambda: held(home) == {BITS})
            await home.twitch.notify(BITS, frames.bits_use(ALICE, 70), "event-2", datetime.now(UTC))
            await show.worked()
            assert await show.ledger() == [("alice", "cheer", 150), ("alice", "cheer", 70)]
    async with scene(home):
        assert held(home) == {BITS}
