"""Variables on the channel."""

import re

from pixel_bot.plugin import Cog, PixelBot, VariableCall, VariableFailed, later, texts, variable

from .channel_facts import ChannelFacts
from .moments import spelled

_ = texts(__name__)

_BRACED = re.compile(r"\{\{(\w{1,30})\}\}")

NO_COUNT = {
    "viewers": later("I cannot count the viewers of the channel."),
    "followers": later("I cannot count the followers of the channel."),
    "subs": later("I cannot count the subs of the channel."),
}
NO_SOURCE = later("I know nobody who could tell me $({name}).")


class ChannelVariables(Cog):
    """The streamer's channel, its title and category."""

    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self._facts = ChannelFacts(bot)

    @variable("channel")
    async def channel(self, call: VariableCall) -> str | None:
        """The streamer's name; also `.login .id .game .title .uptime`. I cannot count `.viewers .followers .subs`."""
        match call.field.lower():
            case "" | "name" | "display_name":
                return await self._facts.name()
            case "login":
                return (await self._facts.name()).lower()
            case "id":
                return self.bot.owner_id
            case "game" | "title" | "uptime" as field:
                return await self._fact(field)
            case "viewers" | "followers" | "subs" as field:
                raise VariableFailed(_(NO_COUNT[field]))
            case _:
                return None

    @variable("game")
    async def game(self, call: VariableCall) -> str:
        """The category of the stream."""
        return await self._facts.game()

    @variable("title")
    async def title(self, call: VariableCall) -> str:
        """The title of the stream."""
        return await self._facts.title()

    @variable("uptime")
    async def uptime(self, call: VariableCall) -> str:
        """How long the stream has been on, like `2 hours 5 minutes`; `offline` while it is off."""
        since = self.bot.live.since
        return spelled((self.bot.clock.now() - since).total_seconds(), 2) if since is not None else _("offline")

    @variable("channelid", "chatid")
    async def channel_id(self, call: VariableCall) -> str:
        """The number of the streamer's account on Twitch."""
        return self.bot.owner_id or ""

    @variable("provider")
    async def provider(self, call: VariableCall) -> str:
        """Where it was typed: `twitch` or `joystick`."""
        return call.source.platform

    @variable("twitch")
    async def twitch(self, call: VariableCall) -> str:
        """Of Nightbot: `$(twitch NAME "{{game}}")`, this channel's `displayName name id game title uptimeLength`."""
        text = " ".join(call.words[1:])
        filled: list[str] = []
        at = 0
        for match in _BRACED.finditer(text):
            filled += [text[at : match.start()], await self._braced(match[1])]
            at = match.end()
        return "".join([*filled, text[at:]])

    async def _braced(self, name: str) -> str:
        match name:
            case "displayName":
                return await self._facts.name()
            case "name":
                return (await self._facts.name()).lower()
            case "id":
                return self.bot.owner_id or ""
            case "url":
                return f"https://www.twitch.tv/{(await self._facts.name()).lower()}"
            case "game" | "title":
                return await self._fact(name)
            case "uptimeLength":
                return await self._fact("uptime")
            case _:
                return ""

    async def _fact(self, name: str) -> str:
        if name == "uptime":
            since = self.bot.live.since
            return spelled((self.bot.clock.now() - since).total_seconds(), 2) if since is not None else _("offline")
        return await (self._facts.game() if name == "game" else self._facts.title())

    @variable("weather", "tweet", "steam", "lastfm")
    async def no_source(self, call: VariableCall) -> str:
        """Known from Nightbot, and without a source here: a command with one of them says that it cannot."""
        raise VariableFailed(_(NO_SOURCE, name=call.name))
