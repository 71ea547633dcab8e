"""Events that must not be lost are heard after a crash, once."""

from pathlib import Path

import pytest

from pixel_bot.plugin import Follow
from pixel_bot.testing import stage
from pixel_bot.testing.happenings import once
from tests.bot.cogs.conftest import WriteCog


async def test_a_stream_that_began_before_a_crash_is_heard_after_it(tmp_path: Path, cog: WriteCog) -> None:
    folder = cog(
        """
        @on(StreamOnline, delivery="at_least_once")
        async def tell(self, event):
            if not self.bot.settings.cogs_off:
                raise SystemExit
            await self.bot.announce(f"live since {event.since:%H:%M}")
        """
    )
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.goes_live() == []
    async with stage(tmp_path, cogs_dir=folder, cogs_off="levels") as chat:
        await chat.passes(0)
        assert once(chat.sent) == ["live since 12:00"]  # said now, or while the bot started
    async with stage(tmp_path, cogs_dir=folder, cogs_off="levels") as chat:
        await chat.passes(0)
        assert chat.sent == []


async def test_a_follow_that_must_not_be_lost_is_stored_until_it_was_heard(tmp_path: Path, cog: WriteCog) -> None:
    folder = cog(
        """
        @on(Follow, delivery="at_least_once")
        async def tell(self, event):
            await self.bot.announce(f"hello {event.person}")
        """
    )
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert "hello alice" in await chat.happens(Follow, "alice")
        rows = await chat.services.database.look_up("SELECT count(*) FROM stored_calls", {})
        assert rows[0][0] == 0


async def test_a_follow_that_was_paid_before_a_crash_is_heard_after_it(
    tmp_path: Path, cog: WriteCog, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cog(
        """
        @on(Follow, delivery="at_least_once")
        async def tell(self, event):
            await self.bot.announce(f"hello {event.person} of {event.at:%H:%M}")
        """
    )
    async with stage(tmp_path, cogs_dir=folder) as chat:

        def crash(*_: object) -> None: ...

        monkeypatch.setattr(chat.bot.runtime.event_store, "tell", crash)
        await chat.happens(Follow, "alice")
        assert await chat.points("alice") == 50
    async with stage(tmp_path, cogs_dir=folder) as chat:
        await chat.passes(0)
        assert once(chat.sent) == ["hello alice of 12:00"]  # said now, or while the bot started
