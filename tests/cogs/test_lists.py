"""Lists in chat: all of what there is can be reached, page by page, and what is used most comes first."""

import json
import re
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from pixel_bot.redeems.channel_points import ChannelPointsRedeem
from pixel_bot.testing import Stage, stage
from pixel_bot.texts import CHAT_LIMIT, paged, pages_of

NEXT = re.compile(r"page (\d+) of (\d+)(?:: (!\S+(?: \S+)*? \d+))?")


async def all_pages(chat: Stage, asked: str, login: str = "bob", role: str = "viewer") -> list[str]:
    """Every page of a list, as somebody reads them who types what each says."""
    pages: list[str] = []
    while asked:
        (answer,) = await chat.say(login, asked, role)  # pyright: ignore[reportArgumentType]
        assert len(answer) <= CHAT_LIMIT
        pages.append(answer)
        where = NEXT.search(answer)
        assert where is None or int(where[1]) == len(pages)
        asked = (where[3] or "") if where else ""
        chat.clock.advance(60)
    return pages


async def test_all_of_128_sounds_are_reached(tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    names = [f"a_rather_long_name_{number:03}" for number in range(128)]
    for name in names:
        (sounds / f"{name}.wav").write_bytes(wav())
    async with stage(tmp_path, sounds_dir=sounds) as chat:
        pages = await all_pages(chat, "!sounds")
    assert len(pages) > 1
    assert all(sum(name in page for page in pages) == 1 for name in names)


async def test_all_of_100_prizes_are_reached(tmp_path: Path) -> None:
    prizes = [{"name": f"A rather long prize {number:03}", "weight": 1} for number in range(100)]
    (tmp_path / "prizes.json").write_text(json.dumps(prizes))
    async with stage(tmp_path, prizes_file=tmp_path / "prizes.json") as chat:
        pages = await all_pages(chat, "!wheel")
    assert all(sum(str(prize["name"]) in page for page in pages) == 1 for prize in prizes)


async def test_what_is_used_most_stands_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=100)
        for name in ("fanfare", "ding", "fanfare"):
            await chat.say("alice", f"!sound {name}")
            chat.clock.advance(60)
        (answer,) = await chat.say("bob", "!sounds")
        first, second, third, *_ = answer.removeprefix("Sounds: ").split(" · ")
        assert (first, second) == ("fanfare", "ding")
        assert third == min(set(chat.bot.sounds.names()) - {"fanfare", "ding"})
        await chat.services.uses.save()
    async with stage(tmp_path) as chat:
        assert (await chat.say("bob", "!sounds"))[0].startswith("Sounds: fanfare · ding · ")


async def test_help_shows_viewers_commands_first_and_those_of_mods_apart(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        viewers = await all_pages(chat, "!help")
        mods = await all_pages(chat, "!help", "mila", "moderator")
        assert "!help mod" not in "".join(viewers)
        assert "· For mods: !help mod ·" in mods[0]
        assert "!points add" not in "".join(mods)
        own = await all_pages(chat, "!help mod", "mila", "moderator")
        assert any("!points add" in page for page in own)
        assert not any("!backup" in page for page in own)
        streamer = await all_pages(chat, "!help mod", "pixel_street", "broadcaster")
        assert any("!backup" in page for page in streamer)
        shown = " ".join(viewers + streamer)
        there = [c for c in set(chat.bot.commands_by_name.values()) if not getattr(c.component, "is_game", False)]
        assert [c.name for c in there if f"!{c.name}" not in shown] == []


async def test_the_commands_that_are_used_most_stand_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        for _ in range(3):
            await chat.say("bob", "!level")
        assert (await chat.say("bob", "!help"))[0].startswith("You can type: !level ")


async def test_voices_have_pages(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        voices = await chat.bot.speech.voices()
        pages = await all_pages(chat, "!voices")
        assert sum(page.count(" · ") for page in pages) >= len(voices) - 1
        (own,) = await chat.say("bob", "!voice")
        assert own.startswith("Your voice is the streamer's choice. There are: ")


async def test_everybody_who_is_ignored_is_reached(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        names = [f"a_rather_long_name_{number:03}" for number in range(60)]
        for name in names:
            await chat.say("mia", f"!ignore {name}", "moderator")
        for name in ("nightbot", "streamelements"):
            await chat.say("mia", f"!unignore {name}", "moderator")
        pages = await all_pages(chat, "!ignored", "mia", "moderator")
    assert len(pages) > 1
    assert all(sum(name in page for page in pages) == 1 for name in names)
    assert sum(page.count("may play") for page in pages) == 2
    assert "21 known service bots and myself" in pages[-1]


async def test_all_redeems_for_channel_points_are_reached(tmp_path: Path) -> None:
    offered = [ChannelPointsRedeem(f"a_rather_long_key_{n:03}", f"{n}", 1_000 + n, enabled=True) for n in range(60)]
    async with stage(tmp_path) as chat:
        chat.bot.channel_points.list = AsyncMock(return_value=offered)
        pages = await all_pages(chat, "!redeem native list", "pixel_street", "broadcaster")
    assert len(pages) > 1
    assert all(sum(redeem.key in page for page in pages) == 1 for redeem in offered)


@pytest.mark.parametrize(("typed", "page"), [("", 1), ("2", 2), ("3", 3), ("0", 1), ("99", 3), ("x", 1), ("9" * 30, 1)])
def test_a_page_that_is_not_there_is_the_next_best_one(typed: str, page: int) -> None:
    answer = paged("Names", ["x" * 200, "y" * 200, "z" * 200], typed, "!names")
    assert f"page {page} of 3" in answer
    assert ("!names" in answer) is (page < 3)


def test_a_list_that_fits_has_no_pages() -> None:
    assert paged("Names", ["a", "b"], "", "!names") == "Names: a · b"
    assert pages_of([], 10) == []
    assert pages_of(["a" * 50], 10) == ["a" * 9 + "…"]


def wav() -> bytes:
    """A tenth of a second of silence."""
    import io
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8_000)
        written.writeframes(b"\0" * 1_600)
    return file.getvalue()
