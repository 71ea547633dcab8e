"""The bot to compare with: TwitchIO as it comes, one empty listener, one command with a constant answer.

Default garbage collector, default dispatch, orjson installed. It stores nothing.
"""

import twitchio.eventsub.websockets
from _process import say, told_to_end
from twitchio import ChatMessage, eventsub
from twitchio.ext import commands
from twitchio.http import Route
from typing_extensions import override

from pixel_bot.sandbox.twitch.users import BOT, STREAMER


class Listener(commands.Component):
    """An empty listener, but for the count that the measurement needs."""

    def __init__(self, messages: int) -> None:
        self._left = messages

    @commands.Component.listener()
    async def event_message(self, _payload: ChatMessage) -> None:
        """One message was heard."""
        self._left -= 1
        if self._left == 0:
            say("done")

    @commands.command()
    async def points(self, ctx: commands.Context["StockBot"]) -> None:
        """Answer what never changes."""
        await ctx.reply("You have 5 points.")


class StockBot(commands.Bot):
    """TwitchIO's bot, listening to one channel's chat."""

    def __init__(self, messages: int) -> None:
        super().__init__(client_id="client", client_secret="secret", bot_id=BOT.id, owner_id=STREAMER.id, prefix="!")
        self._messages = messages

    @override
    async def setup_hook(self) -> None:
        """Sign in and listen."""
        await self.add_component(Listener(self._messages))
        await self.add_token(f"token-of-{BOT.id}", "refresh")
        chat = eventsub.ChatMessageSubscription(broadcaster_user_id=STREAMER.id, user_id=BOT.id)
        await self.subscribe_websocket(chat, as_bot=True)

    async def event_ready(self) -> None:
        """Everything is set up."""
        say("ready")


async def run_stock(port: int, messages: int) -> None:
    """Run until told to end."""
    Route.BASE = f"http://127.0.0.1:{port}/helix/"  # pyright: ignore[reportAttributeAccessIssue]
    Route.ID_BASE = f"http://127.0.0.1:{port}/"  # pyright: ignore[reportAttributeAccessIssue]
    twitchio.eventsub.websockets.WSS = f"ws://127.0.0.1:{port}/ws"
    async with StockBot(messages) as bot:
        await bot.login(load_tokens=False, save_tokens=False)
        bot.dispatch("ready")
        await told_to_end()
    say("end")
