"""Who is meant by a name that somebody typed: the one resolver for all commands and cogs."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from typing_extensions import override

from pixel_bot.earning.awards import Awards
from pixel_bot.errors import AmbiguousName, CannotLookUp, NobodyThere, UnknownViewer
from pixel_bot.model.names import Mention, Named, readings, shown_name
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.points.viewers import Viewers, where_else
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

LOGIN = re.compile(r"[a-z0-9_]{1,25}", re.ASCII)
"""A login on Twitch. Nothing else is asked for: Twitch would refuse the whole request."""


NO_LOGIN = later("Twitch finds people only by their login. Type that, or pick the name after an @.")


class CannotAsk(Exception):
    """Twitch could not be asked. Its text goes on after "and": why, and what to do."""


class TwitchUsers(Protocol):
    """The accounts that Twitch has. Each method raises ``CannotAsk`` where it cannot be asked now."""

    async def of_login(self, login: str) -> Person | None:
        """Who has that login; None where nobody has."""
        ...

    async def of_id(self, user_id: str) -> Person | None:
        """Who has that user id; None where nobody has."""
        ...

    async def exists_since(self, user_id: str) -> datetime | None:
        """When the account of that user id was made; None where nobody has it, or Twitch does not say."""
        ...


class NoTwitch(TwitchUsers):
    """While the bot is not on Twitch there is nobody to ask."""

    @override
    async def of_login(self, login: str) -> Person | None:
        """Nobody can be asked."""
        raise CannotAsk(_("I am not on Twitch, where I could ask. Whoever writes in chat is known at once."))

    @override
    async def of_id(self, user_id: str) -> Person | None:
        """Nobody can be asked."""
        return await self.of_login(user_id)

    @override
    async def exists_since(self, user_id: str) -> datetime | None:
        """Nobody can be asked."""
        await self.of_login(user_id)
        return None


class Asker(NamedTuple):
    """Who types a name, as far as it matters: where, with which mentions, and whether Twitch may be asked for them."""

    platform: Platform = "twitch"
    mentions: Sequence[Mention] = ()
    may_ask_twitch: bool = False
    """For mods and the streamer: unknown names also come from viewers, in any number."""


A_VIEWER = Asker()
"""Somebody on Twitch who mentions nobody."""


class People:
    """Finds the viewer who is meant.

    In this order: by the mention in the message, which has the user id; by login; by a display name that only one has;
    among those who were heard a moment ago; and at Twitch, for who is mentioned and for names that mods type. Whoever
    is found without having an account yet gets one, and who was renamed is known by the new name from then on.
    """

    def __init__(self, viewers: Viewers, awards: Awards) -> None:
        self._viewers = viewers
        self._awards = awards
        self.twitch: TwitchUsers = NoTwitch()
        """Who is asked for people who were never here."""

    async def find(self, typed: str, asker: Asker = A_VIEWER) -> Viewer:
        """The viewer who is meant.

        Args:
            typed: a name as people write it: with ``@`` or without, in any case, like ``bob@joystick``.
            asker: who typed it.

        Raises:
            UnknownViewer: nobody is called that, here or at all.
            AmbiguousName: several people have that display name.
            CannotLookUp: Twitch would have to be asked, and cannot be.
        """
        ways = readings(typed, asker.platform)
        shown = shown_name(typed)
        mentioned = _mentioned(shown, ways, asker.mentions)
        if mentioned is not None:
            return await self._of_mention(shown, mentioned)
        for who in ways:
            viewer = await self._known(shown, who)
            if viewer is not None:
                return viewer
        return await self._unknown(shown, ways[-1], asker)

    async def _of_mention(self, shown: str, mention: Mention) -> Viewer:
        if mention.login:
            login = mention.login.lower()
            return await self._met(Person(mention.user_id, login, mention.display_name or login))
        try:
            person = await self.twitch.of_id(mention.user_id)
        except CannotAsk as exc:
            raise CannotLookUp(shown, str(exc)) from None
        if person is None:
            raise NobodyThere(shown)
        return await self._met(person)

    async def _known(self, shown: str, who: Named) -> Viewer | None:
        """Somebody who is in the table, or was heard and is not yet."""
        for person in self._awards.waiting_as(who):
            await self._awards.flushed_for(person)
        viewer, _ = await self._viewers.of_login(who)
        if viewer is not None:
            return viewer
        # Those whose awards could not be written in time, and those who earned none.
        heard = {p.key: p for p in (*self._awards.heard.called(who), *self._awards.waiting_as(who))}
        exactly = [person for person in heard.values() if person.login.lower() == who.login]
        if exactly:
            return await self._met(exactly[-1])
        written = await self._viewers.of_display_name(who)
        logins = {key: person.login.lower() for key, person in heard.items()}
        logins |= {called.key: called.login for called in written}
        if len(logins) > 1:
            raise AmbiguousName(shown, sorted(logins.values()))
        if written:
            return written[0].viewer
        return await self._met(next(iter(heard.values()))) if heard else None

    async def _unknown(self, shown: str, who: Named, asker: Asker) -> Viewer:
        is_elsewhere = (await self._viewers.of_login(who))[1]
        if is_elsewhere:
            raise UnknownViewer(shown, where_else(who))
        if not asker.may_ask_twitch or who.platform != "twitch":
            raise UnknownViewer(shown)
        if LOGIN.fullmatch(who.login) is None:
            raise CannotLookUp(shown, _(NO_LOGIN))
        try:
            person = await self.twitch.of_login(who.login)
        except CannotAsk as exc:
            raise CannotLookUp(shown, str(exc)) from None
        if person is None:
            raise NobodyThere(shown)
        return await self._met(person)

    async def _met(self, person: Person) -> Viewer:
        if person.key in self._awards.heard:
            self._awards.heard.note(person)
        await self._awards.flushed_for(person)
        return await self._viewers.meet(person)


def _mentioned(shown: str, ways: Sequence[Named], mentions: Sequence[Mention]) -> Mention | None:
    found = {m.user_id: m for m in mentions if m.user_id and any(m.is_typed(who) for who in ways)}
    if len(found) > 1:
        raise AmbiguousName(shown, sorted(mention.login for mention in found.values()))
    return next(iter(found.values()), None)
