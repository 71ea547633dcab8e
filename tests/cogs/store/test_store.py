"""The store: redeems made in chat, with stock and limits, durable and refunded like those of code."""

import os
from pathlib import Path

import pytest

from pixel_bot.configuration.cog_files import find_cogs
from pixel_bot.testing import Stage, stage
from tests.cogs.store.mortal_store import COST, NEEDED, SCRIPT, START, STOCK, made_by
from tests.harness.database import findings, rows
from tests.harness.postgres import Databases
from tests.harness.process import line_from, start, tell

RACING = Path(__file__).with_name("racing_store.py")
RESERVED = ("on", "off", "cost", "cooldown", "native", "new", "remove", "limit", "stock")
OFF = ",".join(find_cogs(None, installed=False).cogs.keys() - NEEDED)


async def as_mod(chat: Stage, *lines: str) -> str:
    """The answer to the last one."""
    said = [await chat.say("mila", line, "moderator") for line in lines]
    return said[-1][0]


async def ask(chat: Stage, who: str, line: str) -> str:
    return (await chat.say(who, line))[0]


async def left(chat: Stage, key: str) -> int | None:
    ((stock,),) = await rows(chat, "SELECT stock FROM cog_store_item WHERE key = :key", key=key)
    return stock


async def test_each_kind_is_made_in_chat_and_bought_by_both_names(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        assert await as_mod(chat, "!redeem new splash 50 sound ding") == "!splash costs 50 points from now on."
        await as_mod(
            chat,
            "!redeem new hello 20 card Hello $(user), $(query)!",
            "!redeem new aloud 20 speak $(query) indeed",
            "!redeem new yell 20 say $(query) says $(user)",
            "!redeem new hydrate 5 manual",
        )
        await chat.viewer("alice", points=200)
        assert await ask(chat, "alice", "!redeem splash") == "Coming up! 150 points left."
        assert await ask(chat, "alice", "!hello big world") == "Coming up! 130 points left."
        assert await ask(chat, "alice", "!redeem aloud oh yes") == "Coming up! 110 points left."
        assert [p.get("text") or p["name"] for p in chat.overlay.played] == [
            "ding",
            "Hello alice, big world!",
            "oh yes indeed",
        ]
        assert (await chat.say("alice", "!redeem yell !kick me"))[-1] == "kick me says alice"
        assert await ask(chat, "alice", "!hydrate now") == "It is yours: a mod hands it over. 85 points left."
        assert await as_mod(chat, "!owed") == "Still to hand over: alice: hydrate (now)"
        assert (
            await ask(chat, "bob", "!store") == "The store: !hydrate 5 · !aloud 20 · !hello 20 · !yell 20 · !splash 50"
        )
        assert "!hydrate 5" in await ask(chat, "bob", "!redeems")
        assert await ask(chat, "bob", "!help hello") == "Type !hello [TEXT]: Shows a card of the store."
        assert (await ask(chat, "bob", "!redeem nonsense")).startswith("There is no redeem nonsense.")
        assert await findings(chat) == []


async def test_what_a_viewer_adds_is_filtered_and_needs_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await as_mod(chat, "!redeem new hello 20 card Hello $(query)!", "!redeem new plain 20 card Hello!")
        await chat.viewer("alice", points=100)
        assert (await ask(chat, "alice", "!hello https://example.org")).startswith("There is no text in it")
        assert (await ask(chat, "alice", "!hello")).startswith("There is no text in it")
        await ask(chat, "alice", "!plain anything")
        assert [played["text"] for played in chat.overlay.played] == ["Hello!"]
        assert await chat.points("alice") == 80


async def test_names_that_mean_something_else_are_refused(chat: Stage) -> None:
    for key in (*RESERVED, "tts", "points", "a-b", "1st"):
        assert "from now on" not in await as_mod(chat, f"!redeem new {key} 5 manual")
    assert await rows(chat, "SELECT key FROM cog_store_item") == []


async def test_viewers_make_nothing(chat: Stage) -> None:
    assert await ask(chat, "alice", "!redeem new free 0 manual") == "Only mods can do that."
    assert await ask(chat, "alice", "!owed") == "Only mods can do that."


async def test_the_last_one_is_sold_once_and_a_refund_gives_it_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await as_mod(chat, "!redeem new hydrate 10 manual", "!redeem stock hydrate 1")
        for who in ("alice", "bob"):
            await chat.viewer(who, points=50)
        assert await ask(chat, "bob", "!items") == "The store: !hydrate 10 (1 left)"
        await chat.say("alice", "!hydrate")
        assert await ask(chat, "bob", "!hydrate") == "hydrate is sold out. Nothing was charged."
        assert await ask(chat, "bob", "!items") == "The store: !hydrate 10 (sold out)"
        assert await chat.points("bob") == 50
        await as_mod(chat, "!refund @alice")
        assert await as_mod(chat, "!owed") == "Nothing is waiting to be handed over."
        assert await left(chat, "hydrate") == 1
        assert await ask(chat, "bob", "!hydrate") == "It is yours: a mod hands it over. 40 points left."
        assert await as_mod(chat, "!owed done @alice") == "Nothing is owed to alice."
        assert await as_mod(chat, "!redeem remove hydrate") == (
            "hydrate is still owed to 1 viewer. First type !owed done @user hydrate, or !refund @user."
        )
        assert await as_mod(chat, "!owed done @bob hydrate") == "bob got hydrate."
        assert await as_mod(chat, "!redeem remove hydrate") == "!hydrate is gone."
        assert await ask(chat, "bob", "!items") == "The store is empty."
        assert await chat.say("bob", "!hydrate") == []


async def test_a_limit_counts_for_each_viewer_and_a_refund_gives_the_use_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.goes_live()
        await as_mod(chat, "!redeem new hydrate 10 manual", "!redeem limit hydrate 1 stream", "!redeem stock hydrate 5")
        for who in ("alice", "bob"):
            await chat.viewer(who, points=50)
            await chat.say(who, "!hydrate")
        assert (await ask(chat, "alice", "!hydrate")).startswith("You have done that 1 time in this stream")
        assert await left(chat, "hydrate") == 3
        await as_mod(chat, "!refund @alice")
        assert (await ask(chat, "alice", "!hydrate")).startswith("It is yours")
        assert await as_mod(chat, "!redeem limit hydrate off") == "Everybody gets hydrate as often as they like."
        assert (await ask(chat, "alice", "!hydrate")).startswith("It is yours")


async def test_it_survives_a_restart_with_the_streamers_price(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await as_mod(chat, "!redeem new hydrate 10 manual", "!redeem cost hydrate 15", "!redeem cooldown hydrate 60")
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=50)
        assert await ask(chat, "alice", "!hydrate") == "It is yours: a mod hands it over. 35 points left."
        assert "60s" in await ask(chat, "alice", "!hydrate") or "1m" in await ask(chat, "alice", "!hydrate")
        await as_mod(chat, "!owed done @alice", "!redeem remove hydrate", "!redeem new hydrate 20 sound ding")
        assert await ask(chat, "alice", "!items") == "The store: !hydrate 20"


async def test_a_message_that_is_delivered_again_buys_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await as_mod(chat, "!redeem new hydrate 10 manual", "!redeem stock hydrate 5")
        await chat.viewer("alice", points=50)
        await chat.say("alice", "!redeem hydrate", message_id="m-1")
        await chat.say("alice", "!redeem hydrate", message_id="m-1")
    async with stage(tmp_path) as chat:
        await chat.say("alice", "!redeem hydrate", message_id="m-1")
        assert (await chat.points("alice"), await left(chat, "hydrate")) == (40, 4)


async def test_unloaded_in_the_middle_it_gives_all_back(tmp_path: Path) -> None:
    """The hook of a refund is called once the cog is back, also after a restart."""
    async with stage(tmp_path) as chat:
        await as_mod(chat, "!redeem new splash 10 sound ding", "!redeem stock splash 1", "!redeem limit splash 1 day")
        await chat.viewer("alice", points=50)
        await as_mod(chat, "!queue pause effect")
        await chat.say("alice", "!splash", wait=False)
        assert (await chat.points("alice"), await left(chat, "splash")) == (40, 0)
        await chat.say("pixel_street", "!cog unload store", "broadcaster")
        assert await chat.points("alice") == 50
        assert await chat.say("alice", "!splash") == []
    async with stage(tmp_path) as chat:
        await as_mod(chat, "!queue resume effect")
        assert await left(chat, "splash") == 1
        assert (await ask(chat, "alice", "!splash")).startswith("Coming up!")
        assert await left(chat, "splash") == 0
    async with stage(tmp_path) as chat:
        assert await left(chat, "splash") == 0
        assert await findings(chat) == []


@pytest.mark.sqlite
@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")
@pytest.mark.parametrize("what", ["buy", "refund"])
async def test_killed_at_every_commit(tmp_path: Path, what: str) -> None:
    process = await start(SCRIPT, str(tmp_path), OFF, what)
    said, _ = await process.communicate()
    assert process.returncode == 0
    buyers = int(said)
    assert buyers > 3
    async with stage(tmp_path, cogs_off=OFF) as chat:
        last = f"fan{buyers}"
        if what == "buy":
            await chat.say(last, "!game", message_id=f"buy-{buyers}")
            sold, spent = buyers, COST
        else:
            await chat.say("mila", f"!refund @{last}", "moderator", message_id=f"back-{buyers}")
            sold = spent = 0
        assert await findings(chat) == []
        assert set(await rows(chat, "SELECT points FROM users WHERE name LIKE 'fan%'")) == {(START - spent,)}
        assert await left(chat, "game") == STOCK - sold
        assert await rows(chat, "SELECT COUNT(*), COUNT(DISTINCT viewer) FROM cog_store_due") == [(sold, sold)]
        assert await rows(chat, "SELECT COALESCE(SUM(uses), 0) FROM limit_uses") == [(sold,)]


@pytest.mark.sqlite
@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")
async def test_killed_at_every_commit_while_a_redeem_is_made(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_off=OFF) as chat:
        for number in range(1, 16):  # the catalogue remembers an earlier redeem of each name
            await as_mod(chat, f"!redeem new item{number} 5 manual", f"!redeem cost item{number} 99")
            await as_mod(chat, f"!redeem off item{number}", f"!redeem remove item{number}")
    process = await start(SCRIPT, str(tmp_path), OFF, "make")
    said, _ = await process.communicate()
    assert process.returncode == 0
    made = range(1, int(said) + 1)
    assert len(made) > 3
    async with stage(tmp_path, cogs_off=OFF) as chat:
        await chat.say("mila", made_by(made[-1]), "moderator", message_id=f"make-{made[-1]}")
        prices = {price.key: (price.cost, price.enabled) for price in await chat.bot.redeems.prices()}
        assert prices == {"game": (COST, True)} | {f"item{number}": (number, True) for number in made}


async def test_two_processes_sell_the_last_ones_once(tmp_path: Path, databases: Databases) -> None:
    url, most = databases.of(tmp_path, "sandbox"), 5
    async with stage(tmp_path / "first", database_url=url, cogs_off=OFF) as chat:
        await as_mod(chat, f"!redeem new game {COST} manual", f"!redeem stock game {most}")
    bots = [await start(RACING, str(tmp_path / name), url, OFF, name) for name in ("one", "two")]
    for bot in bots:
        assert await line_from(bot) == "ready"
    for bot in bots:
        tell(bot, "go")
    assert [await bot.wait() for bot in bots] == [0, 0]
    async with stage(tmp_path / "last", database_url=url, cogs_off=OFF) as chat:
        assert await findings(chat) == []
        assert await left(chat, "game") == 0
        bought = "SELECT COUNT(*) FROM cog_store_due"
        paid = "SELECT COUNT(*), SUM(amount) FROM transactions WHERE reason = 'redeem:game'"
        assert (await rows(chat, bought), await rows(chat, paid)) == ([(most,)], [(most, -most * COST)])
