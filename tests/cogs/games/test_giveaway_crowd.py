"""A thousand viewers enter within ten seconds: each is in the ledger, and chat stays readable."""

from pathlib import Path

import pytest

from pixel_bot.platforms.twitch.events.frames import frame_of
from pixel_bot.points import ledger
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Stage, stage
from pixel_bot.testing.happenings import once
from pixel_bot.testing.stage import SUBSCRIPTION, person_of
from tests.cogs.games.test_giveaways import mod
from tests.harness.database import findings, rows

CROWD = 1_000
MOST_LINES = 4


def types(chat: Stage, who: str, text: str) -> None:
    """Somebody writes, and nobody waits for what the bot does."""
    payload = frames.chat_message(sandbox_user(who), text, f"m-{who}", mentioned=chat.users_api.accounts.mentioned)
    subscription = SUBSCRIPTION | {"type": "channel.chat.message"}
    frame = frames.notification(subscription, payload, f"m-{who}", chat.clock.now())
    chat.bot.notifications.on_notification(frame_of(frame))


async def rich(chat: Stage, names: list[str]) -> None:
    """Each has 100 points."""
    people = [person_of(sandbox_user(name)) for name in names]
    async with chat.services.database.write() as session:
        known = await chat.services.viewers.upsert(session, people)
        entries = [ledger.Entry(known[person].id, 100, "sandbox", chat.clock.now()) for person in people]
        await ledger.post(session, entries)


@pytest.mark.parametrize("typed", ["win", "!enter"])
async def test_each_is_in_the_ledger_and_chat_hears_few_lines(tmp_path: Path, typed: str) -> None:
    crowd = CROWD if typed == "win" else CROWD // 4  # a command costs more than a keyword, and shows the same
    names = [f"viewer{number}" for number in range(crowd)]
    async with stage(tmp_path, games=True, cogs_off="commands,greetings,pixel,speech,thanks,timers,wheel") as chat:
        await rich(chat, names)
        await mod(chat, "!giveaway open win cost 10")
        chat.sent.clear()
        for second in range(10):
            for name in names[second::10]:
                types(chat, name, typed)
            await chat.settled()
            await chat.passes(1)
        await chat.passes(12)
        await chat.passes(0)
        lines = once(chat.sent)
        assert 1 <= len(lines) <= MOST_LINES
        assert lines[-1].endswith(f"So far {crowd:,} viewers.")
        staked = await rows(chat, "SELECT COUNT(DISTINCT user_id), SUM(amount) FROM transactions WHERE round_id = 1")
        assert staked == [(crowd, -10 * crowd)]
        (won,) = await mod(chat, "!giveaway draw 10")
        assert won.count("@") == 10
        assert await findings(chat.bot) == []
