"""What a cog needs of Twitch: asked for with one button, off without it, and then done at Twitch itself."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.model.people import Person
from pixel_bot.platforms.twitch.subscription_types import BROADCASTER_SCOPES
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from tests.harness.twitch_harness import Harness, house, query_of, the_bot
from tests.harness.waiting import until

COG = """
from pixel_bot.plugin import Block, Cog, filter

class Guard(Cog):
    scopes = [
        "moderator:manage:chat_messages",
        "moderator:manage:banned_users",
        "moderator:manage:warnings",
        "channel:manage:broadcast",
        "moderator:manage:announcements",
        "moderator:manage:shoutouts",
    ]

    @filter()
    def no_spam(self, message):
        return Block("No spam.", delete=True, timeout=60) if "spam" in message.text else None

async def setup(bot):
    await bot.add_component(Guard(bot))
"""


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Harness]:
    (tmp_path / "my_cogs").mkdir()
    (tmp_path / "my_cogs" / "guard.py").write_text(COG, encoding="utf-8")
    async with house(tmp_path) as built:
        yield built


async def test_one_button_asks_for_what_a_cog_needs(home: Harness, tmp_path: Path) -> None:
    async with home.signed_in(cogs_dir=tmp_path / "my_cogs") as app:
        first = await home.say("alice", "spam one")
        assert "guard (partly off: allow channel:manage:broadcast" in await home.ask("", "!cog list", "broadcaster")
        await the_bot(app).settled()
        assert (home.twitch.chat_log.find(first.id), home.twitch.bans) == (first, {})
        assert home.twitch.requests.times("moderation/chat", "DELETE") == 0, "what cannot work is not tried"
        _, page = await home.get(app, "/setup")
        assert "Allow them" in page
        assert "deleting messages, for the cog guard (moderator:manage:chat_messages)" in page
        asked = set(query_of(await home.begin(app, "broadcaster"))["scope"].split())
        assert asked > set(BROADCASTER_SCOPES)
        assert "moderator:manage:chat_messages" in asked
        await home.sign_in(app, "broadcaster", STREAMER)
        _, page = await home.get(app, "/setup")
        assert "for the cog guard" not in page
        second = await home.say("alice", "spam two")
        await until(lambda: home.twitch.bans)
        assert [line.id for line in home.twitch.chat_log.lines if line.removed] == [first.id, second.id]
        assert home.twitch.bans[second.who.id].until is not None
        assert "partly off" not in await home.ask("", "!cog list", "broadcaster")
        await _on_the_channel(home, app)


async def _on_the_channel(home: Harness, app: LiveApp) -> None:
    """The rest of what cogs ask of Twitch, over its API."""
    bot = the_bot(app)
    carol = await bot.viewers.meet(bot_person("carol", home))
    await bot.channel.set_title("Over the wire")
    assert str(await bot.channel.set_category("tetris")) == "Tetris"
    info = await bot.channel.info()
    assert (info.title, str(info.category)) == ("Over the wire", "Tetris")
    await bot.channel.announce("Hear, hear!")
    await bot.channel.shoutout(carol)
    await bot.moderation.warn(carol, "Be kind.")
    assert await bot.channel.following_since(carol) is None
    home.world.begins_to_follow(sandbox_user("carol"))
    assert await bot.channel.following_since(carol) is not None
    assert (await bot.channel.account_created(carol)).year == 2020
    assert STREAMER.login in [person.login for person in await bot.channel.chatters()]
    assert home.twitch.announcements == ["Hear, hear!"]
    assert [who.login for who in home.twitch.shoutouts] == ["carol"]
    assert [(who.login, reason) for who, reason in home.twitch.warnings] == [("carol", "Be kind.")]


def bot_person(login: str, home: Harness) -> Person:
    who = home.world.settle(sandbox_user(login))
    return Person(who.id, who.login, who.name)
