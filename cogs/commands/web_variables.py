"""``$(urlfetch)``: the answer of a server that the streamer has allowed."""

from pixel_bot.plugin import Cog, PixelBot, VariableCall, VariableFailed, later, texts, variable

from .fetching import fetch
from .registry import CommandRegistry

_ = texts(__name__)

NOT_ALLOWED = later("The streamer has not allowed {host} yet: {prefix}cmd allow {host}")
MOST = 2
"""Servers that a text may ask: each may take its two seconds."""


class WebVariables(Cog):
    """Answers of servers."""

    def __init__(self, bot: PixelBot, registry: CommandRegistry) -> None:
        super().__init__(bot)
        self._registry = registry

    @variable("urlfetch", "customapi", "readapi", most=MOST)
    async def urlfetch(self, call: VariableCall) -> str:
        """What a web server answers, up to 400 characters: `$(urlfetch https://api.example.com/x?q=$(querystring))`."""
        url = call.field or next((word for word in call.words if word.lower().startswith(("http://", "https://"))), "")
        return await fetch(url.replace(" ", "%20"), self._allow)

    def _allow(self, host: str) -> None:
        if host not in self._registry.hosts:
            raise VariableFailed(_(NOT_ALLOWED, host=host, prefix=self.bot.settings.command_prefix))
