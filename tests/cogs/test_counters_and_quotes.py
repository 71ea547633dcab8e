"""Counters and quotes, in chat and in texts."""

import asyncio

import pytest

from pixel_bot.testing import Stage
from tests.cogs.commands.scene import mod
from tests.cogs.loaded import cog_class
from tests.harness.database import rows


async def test_anybody_reads_a_counter_and_mods_change_it(chat: Stage) -> None:
    assert await chat.say("alice", "!counter deaths") == [
        "There is no counter deaths yet. A mod makes it with !counter deaths +1"
    ]
    assert await mod(chat, "!counter deaths +1") == ["The counter deaths: 1"]
    assert await mod(chat, "!editcounter Deaths set 1500") == ["The counter deaths: 1,500"]
    assert await mod(chat, "!counter deaths -2") == ["The counter deaths: 1,498"]
    assert await chat.say("alice", "!counter deaths") == ["The counter deaths: 1,498"]
    assert await chat.say("alice", "!counter deaths +5") == ["Only mods can change a counter."]
    assert await chat.say("alice", "!counter deaths") == ["The counter deaths: 1,498"]


@pytest.mark.parametrize(
    "words", ["!counter", "!counter a/b", "!counter x soon", "!counter x set", f"!counter {'x' * 31}"]
)
async def test_a_counter_that_cannot_be_is_refused(chat: Stage, words: str) -> None:
    (said,) = await mod(chat, words)
    assert said.startswith("Type it like this: !counter NAME")


async def test_a_counter_has_an_end(chat: Stage) -> None:
    await mod(chat, "!counter x set 1000000000000")
    assert await mod(chat, "!counter x +1") == ["A counter goes up to 1,000,000,000,000, and no further."]
    assert await mod(chat, "!counter x") == ["The counter x: 1,000,000,000,000"]


async def test_texts_share_the_counters(chat: Stage) -> None:
    await mod(chat, "!counter deaths set 5")
    await mod(chat, "!cmd add died $(count deaths) deaths")
    assert await chat.say("alice", "!died") == ["6 deaths"]
    assert await chat.say("alice", "!counter deaths") == ["The counter deaths: 6"]


async def test_who_count_at_the_same_moment_all_count(chat: Stage) -> None:
    await mod(chat, "!cmd add died $(count)")
    await asyncio.gather(*(chat.say(f"viewer{n}", "!died") for n in range(10)))
    assert await rows(chat, "SELECT value FROM cog_counters_counter WHERE name = 'died'") == [(10,)]


async def test_a_text_counts_a_few_times_and_no_more(chat: Stage) -> None:
    await mod(chat, f"!cmd add x {'$(count) ' * 6}")
    assert await chat.say("alice", "!x") == ["A text may have $(count) 5 times, and no more."]
    assert await chat.say("alice", "!counter x") == ["The counter x: 5"]


async def test_mods_add_quotes_and_anybody_hears_them(chat: Stage) -> None:
    assert await chat.say("alice", "!quote") == ["There are no quotes yet. Mods add one with !quote add TEXT"]
    assert await chat.say("alice", "!quote add hi") == ["Only mods can do that."]
    assert await mod(chat, "!quote add I meant to do that") == ["Added quote 1."]
    assert await mod(chat, "!quote add 100% planned") == ["Added quote 2."]
    assert await chat.say("alice", "!quote 1") == [
        "Quote 1: I meant to do that (Just Chatting, 2026-01-01, added by mod)"
    ]
    assert await chat.say("alice", "!quote #1") == await chat.say("alice", "!quote MEANT")
    assert await chat.say("alice", "!quote 100%") == ["Quote 2: 100% planned (Just Chatting, 2026-01-01, added by mod)"]
    assert await chat.say("alice", "!quote 9") == ["There is no quote 9."]
    assert await chat.say("alice", "!quote _") == ["There is no quote with _ in it."]
    assert (await chat.say("alice", "!quote"))[0].startswith("Quote ")


async def test_a_quote_is_changed_and_removed_and_numbers_stay(chat: Stage) -> None:
    for text in ("one", "two", "three"):
        await mod(chat, f"!quote add {text}")
    assert await mod(chat, "!quote edit 2 zwei") == ["Changed quote 2."]
    assert await mod(chat, "!quote remove 1") == ["Removed quote 1."]
    assert await mod(chat, "!quote remove 1") == ["There is no quote 1."]
    assert await mod(chat, "!quote edit 1 x") == ["There is no quote 1."]
    assert await chat.say("alice", "!quote 2") == ["Quote 2: zwei (Just Chatting, 2026-01-01, added by mod)"]
    assert await mod(chat, "!quote add four") == ["Added quote 4."]
    assert await mod(chat, "!quote edit two x") == ["Type it like this: !quote edit 3 TEXT"]
    assert await mod(chat, "!quote add " + "x" * 351) == ["A quote has at most 350 characters."]


async def test_who_added_a_quote_is_kept_and_forgotten(chat: Stage) -> None:
    await mod(chat, "!quote add one")
    viewer = await chat.bot.viewers.find("mod")
    assert await rows(chat, "SELECT added_by FROM cog_quotes_quote") == [(viewer.id,)]
    cog = cog_class(chat.bot, "Quotes")
    async with chat.bot.write() as session:
        await cog.forget(viewer, session)
    assert await rows(chat, "SELECT added_by FROM cog_quotes_quote") == [(None,)]
