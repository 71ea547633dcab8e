"""Attacks of followers, and names that would be commands."""

from pathlib import Path

import pytest

from cogs.thanks.gathering import MAX_KNOWN
from pixel_bot.model.channel_events import Cheer
from pixel_bot.model.people import Person
from pixel_bot.texts import CHAT_LIMIT, visible
from tests.cogs.thanks.thanked import AT, Channel, cheer, follow


async def test_an_attack_of_followers_is_three_lines_and_then_one_in_thirty_seconds(channel: Channel) -> None:
    for second in range(120):
        for i in range(1_000):
            channel.thanks.on_event(follow(f"bot{second}_{i}"))
        await channel.passes(1)
    times = [at for at, _ in channel.said]
    assert times == [2, 4, 6, 32, 62, 92]
    assert "and 25,995 more" in channel.said[3][1]


async def test_in_an_attack_no_more_is_kept_than_needed(channel: Channel) -> None:
    for i in range(20_000):
        channel.thanks.on_event(follow(f"bot{i}"))
    burst = channel.thanks._bursts["follow"]
    assert len(burst._known) == MAX_KNOWN
    assert len(burst.names) == 5
    assert len(channel.timers.waiting) == 1
    assert await channel.passes(2) == [
        "Welcome, bot0, bot1, bot2, bot3, bot4 and 19,995 more! Thank you for the follow."
    ]


async def test_after_a_calm_minute_follows_are_thanked_at_once_again(channel: Channel) -> None:
    for _ in range(3):
        assert len(await channel.hears(follow("alice"))) == 1
    assert await channel.hears(follow("bob")) == []
    assert len(await channel.passes(30)) == 1
    await channel.passes(100)
    for _ in range(3):
        assert len(await channel.hears(follow("carol"))) == 1


async def test_other_kinds_are_never_held_back(channel: Channel) -> None:
    for _ in range(10):
        assert len(await channel.hears(cheer("Alice", 1))) == 1


@pytest.mark.parametrize(
    "name", ["/ban alice", ".timeout alice", "!addcom x", "?points", "\u200b/clear", "\U000e0000!x"]
)
async def test_a_name_never_begins_a_command(tmp_path: Path, name: str) -> None:
    channel = Channel(tmp_path, command_prefix="?")
    (line,) = await channel.hears(Cheer("1", Person("1", "login", name), AT, bits=5))
    assert line == f"· {visible(name)} cheered 5 bits. Thank you!"


@pytest.mark.parametrize("template", ["/announce {user}", "  .w {user} hi", "!so {user}", "{prefix}so {user}"])
async def test_a_template_never_begins_a_command(tmp_path: Path, template: str) -> None:
    channel = Channel(tmp_path, shoutout_cheer=template, command_prefix="pb")
    (line,) = await channel.hears(cheer("Alice", 5))
    assert line.startswith("· ")


async def test_names_call_nobody_else_and_stay_on_the_line(channel: Channel) -> None:
    name = "@every\none \u202e@you" + "x" * 500
    (line,) = await channel.hears(Cheer("1", Person("1", "login", name), AT, bits=5))
    assert line == "everyone you" + "x" * 27 + "… cheered 5 bits. Thank you!"


@pytest.mark.parametrize(("name", "login", "said"), [("\u200b", "alice", "alice"), ("@", "\n@", "Somebody")])
async def test_a_name_that_nobody_sees_is_replaced(channel: Channel, name: str, login: str, said: str) -> None:
    assert await channel.hears(Cheer("1", Person("1", login, name), AT, bits=5)) == [
        f"{said} cheered 5 bits. Thank you!"
    ]


async def test_a_name_is_no_template(channel: Channel) -> None:
    assert await channel.hears(cheer("{count}", 5)) == ["{count} cheered 5 bits. Thank you!"]


async def test_a_long_template_fits_one_message(tmp_path: Path) -> None:
    channel = Channel(tmp_path, shoutout_cheer="{user} " * 40)
    (line,) = await channel.hears(*(cheer("x" * 25 + str(i), 5) for i in range(9)))
    assert len(line) <= CHAT_LIMIT
