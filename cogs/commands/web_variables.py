"""``$(urlfetch)``: the answer of a server that the streamer has allowed."""

from pixel_bot.plugin import Cog, PixelBot, VariableCall, VariableFailed, variable

from .book import CommandBook
from .fetching import fetch

NOT_ALLOWED = "The streamer has not allowed {host} yet: {prefix}cmd allow {host}"
TOO_MANY = "A text may ask two servers, and no more."
MOST = 2
REMEMBERED = 1_000


class WebVariables(Cog):
    """Answers of servers."""

    def __init__(self, bot: PixelBot, book: CommandBook) -> None:
        super().__init__(bot)
        self._book = book
        self._asked: dict[str, int] = {}

    @variable("urlfetch", "customapi", "readapi")
    async def urlfetch(self, call: VariableCall) -> str:
        """What a web server answers, up to 400 characters: `$(urlfetch https://api.example.com/x?q=$(querystring))`."""
        url = call.field or next((word for word in call.words if word.lower().startswith(("http://", "https://"))), "")
        self._count(call.source.key)
        return await fetch(url.replace(" ", "%20"), self._allow)

    def _count(self, key: str) -> None:
        """Few servers for one text: each may take its two seconds."""
        if len(self._asked) >= REMEMBERED:
            self._asked.clear()
        self._asked[key] = self._asked.get(key, 0) + 1
        if self._asked[key] > MOST:
            raise VariableFailed(TOO_MANY)

    def _allow(self, host: str) -> None:
        if host not in self._book.hosts:
            raise VariableFailed(NOT_ALLOWED.format(host=host, prefix=self.bot.settings.command_prefix))
