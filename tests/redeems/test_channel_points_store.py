"""A redeem that was made in chat is for channel points, too: its stock counts, and what is sold out goes back."""

from pathlib import Path

import pytest

from tests.harness.database import findings
from tests.redeems.channel_points import channel_in
from tests.redeems.near_twitch import NearTwitch


@pytest.mark.usefixtures("all_cogs")
async def test_its_stock_counts_and_what_is_sold_out_goes_back(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        say = channel.chat.say
        await say("pixel_street", "!redeem new hug 50 say A hug for all!", "broadcaster")
        await say("pixel_street", "!redeem stock hug 1", "broadcaster")
        reward = await channel.offer("hug", 500)
        first = channel.redeem("alice", reward)
        await channel.said("A hug for all!")
        await channel.becomes(first, "FULFILLED")
        await channel.becomes(channel.redeem("bob", reward), "CANCELED")
        assert channel.chat.sent[-2:] == [
            "@Alice A hug for all!",
            "@Bob hug is sold out. Your channel points are back.",
        ]
        assert not any(line.strip() == "@Alice" for line in channel.chat.sent), "no receipt without words"
        assert await channel.rows("SELECT cost FROM queue_items") == [(0,)], "no points were charged"
        assert await findings(channel.bot) == []
