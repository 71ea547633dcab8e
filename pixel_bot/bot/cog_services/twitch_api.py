"""Requests to Twitch on behalf of cogs: signed by the streamer's account, refused with a sentence."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pixel_bot.bot.cogs.scopes import CogScopes
from pixel_bot.db.engine import Database
from pixel_bot.errors import ChatError
from pixel_bot.model.names import SHOWN
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.platforms.twitch.helix import Helix, HelixError
from pixel_bot.points.accounts_of import account_on
from pixel_bot.texts import fit
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

T = TypeVar("T")

LONGEST_REASON = 200

A_MINUTE = 60.0

NEEDS_YES = later(
    "I cannot {what} yet: Twitch needs the streamer's yes for it ({scope}), which the set-up page asks for."
)


class PlatformRefused(ChatError):
    """A platform did not do what a cog asked for. The sentence says why, and what to do."""


class TooSoon(PlatformRefused):
    """A platform does not allow it yet. ``seconds`` is how long that takes, as far as it is known."""

    def __init__(self, sentence: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(sentence)


class MissingScope(PlatformRefused):
    """The streamer's sign-in on Twitch does not allow it: that part of a cog is off."""

    def __init__(self, what: str, scope: str) -> None:
        self.scope = scope
        super().__init__(_(NEEDS_YES, what=what, scope=scope))


class NotThere(PlatformRefused):
    """The platform does not offer it, or the bot is not on it."""


class TwitchApi:
    """What asks Twitch.

    Args:
        database: knows the accounts of viewers.
        scopes: what the streamer allows.
    """

    def __init__(self, database: Database, scopes: CogScopes) -> None:
        self._database = database
        self._scopes = scopes
        self._helix: Helix | None = None
        self.owner_id = ""

    def join(self, helix: Helix, owner_id: str) -> None:
        """From now on the bot is on Twitch."""
        self._helix, self.owner_id = helix, owner_id

    @property
    def is_there(self) -> bool:
        """Whether the bot is on Twitch."""
        return self._helix is not None

    async def ask(self, what: str, scope: str, work: Callable[[Helix], Awaitable[T]]) -> T:
        """Send requests.

        Args:
            what: is done, in words, and in the language of the chat: ``I cannot ... yet``.
            scope: that the streamer's account needs; empty for none.
            work: sends them.

        Raises:
            MissingScope: the streamer does not allow it yet.
            PlatformRefused: Twitch refused, or cannot be reached.
        """
        if self._helix is None:
            raise NotThere(_("I cannot {what}: that is Twitch's, and the bot is not on Twitch.", what=what))
        if scope and not self._scopes.has(scope):
            raise MissingScope(what, scope)
        try:
            return await work(self._helix)
        except HelixError as exc:
            raise _refusal(exc, what, scope) from None

    async def person(self, who: Viewer | Person) -> Person:
        """The account of a viewer on Twitch.

        Raises:
            NotThere: there is none that is known.
        """
        return await person_on("twitch", who, self._database)


async def person_on(platform: Platform, who: Viewer | Person, database: Database) -> Person:
    """The account of a viewer on a platform.

    Raises:
        NotThere: there is none that is known.
    """
    found = who if isinstance(who, Person) else await account_on(database, platform, who)
    if found is None or found.platform != platform:
        raise NotThere(_("{viewer} has no account on {place} that I know of.", viewer=who, place=SHOWN[platform]))
    return found


def _refusal(exc: HelixError, what: str, scope: str) -> PlatformRefused:
    said = fit(exc.message.strip().rstrip("."), LONGEST_REASON)
    if exc.status == 401 and "scope" in exc.message.lower():
        return MissingScope(what, scope)
    match exc.status:
        case 401:
            why = _("the streamer has to sign in on Twitch again, on the set-up page.")
        case 403:
            why = _("Twitch does not allow it here ({said}).", said=said)
        case 429:
            why = _("Twitch says that it is too soon ({said}). Try again in a minute.", said=said)
            return TooSoon(_("I could not {what}: {why}", what=what, why=why), A_MINUTE)
        case status if 400 <= status < 500:
            why = _("Twitch refused it ({said}).", said=said)
        case _:
            why = _("Twitch cannot be reached right now. Try again in a minute.")
    return PlatformRefused(_("I could not {what}: {why}", what=what, why=why))
