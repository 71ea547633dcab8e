"""Link codes: a code requested on one platform and typed on the other links the two accounts of one person.

A code that was whispered proves that both accounts belong to one person. A code that all of chat could read proves
nothing: anybody could type it, and get at the requester's points. So the requester must confirm that link.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.accounts.attempts import AttemptLimit
from pixel_bot.accounts.merge import AccountMerge, AlreadyLinked, Linked, NotLinked, Unlinked
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import User
from pixel_bot.db.models_links import LinkCode
from pixel_bot.errors import ChatError
from pixel_bot.model.names import SHOWN, other_than
from pixel_bot.model.people import Platform, Viewer
from pixel_bot.points.idempotency import write_once
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without characters that look alike: I, L, O, 0 and 1."""

LENGTH = 6
LIFETIME = timedelta(minutes=10)
NEW = timedelta(seconds=20)


class WrongCode(ChatError):
    """There is no such open code."""

    def __init__(self, there: str) -> None:
        super().__init__(_("That code is wrong, or older than 10 minutes. Ask for a new one on {place}.", place=there))


class WrongPlatform(ChatError):
    """The code was typed on the platform where it was requested."""

    def __init__(self, there: str, *, own: bool) -> None:
        words = later("That is your own code; type it on {place}.")
        super().__init__(_(words if own else later("That code has to be typed on {place}."), place=there))


class CodeIsNew(ChatError):
    """The viewer has a code from less than 20 seconds ago: rate limit of the bot's messages.

    ``code`` is None when nobody else may read it.
    """

    def __init__(self, code: str | None, there: str) -> None:
        if code is None:
            super().__init__(_("I have just whispered you a code; look there."))
        else:
            super().__init__(_("You have a code already: {code}, to be typed on {place}.", code=code, place=there))


class CodeTaken(ChatError):
    """Another viewer typed this public code first."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else has typed that code before you. Ask for a new one, and say no to the old one.")
        )


class NothingToAgree(ChatError):
    """Nobody has typed a code of this viewer."""

    def __init__(self, there: str) -> None:
        super().__init__(
            _("No code of yours waits for a yes. Ask for one, and type it on {place} within 10 minutes.", place=there)
        )


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """A code, and the display name of the platform where it must be typed."""

    code: str
    there: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A public code was typed: its owner must confirm on the platform where they requested it.

    ``there`` is the display name of that platform, ``here`` of the one where it was typed. ``again`` is True when the
    same viewer had typed it before.
    """

    owner: Viewer
    platform: Platform
    there: str
    here: str
    again: bool


class Links:
    """Issues link codes, and links and unlinks accounts."""

    def __init__(self, database: Database, clock: Clock, merge: AccountMerge) -> None:
        self._database = database
        self._clock = clock
        self._merge = merge
        self._attempts = AttemptLimit(clock)
        self.heard: Callable[[Linked], None] = lambda _: None
        """Called when accounts were linked, after the commit."""

    async def ask(self, viewer: Viewer, *, public: bool) -> LinkRequest:
        """Issue a code for this account, valid for 10 minutes; it replaces an older one.

        Args:
            viewer: whose account it is.
            public: whether all of chat will be able to read it.

        Raises:
            AlreadyLinked: it is linked to another account.
            CodeIsNew: the last request was less than 20 seconds ago.
        """
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        async with write_once(self._database) as session:
            platform = await self._unlinked(session, viewer)
            there = SHOWN[other_than(platform)]
            now = self._clock.now()
            await self._refuse_recent_request(session, viewer, there, now)
            await session.execute(delete(LinkCode).where(or_(_is_of(viewer), LinkCode.expires_at <= now)))
            values = {"code": code, "public": public, "expires_at": now + LIFETIME}
            await session.execute(insert(LinkCode).values(user_id=viewer.id, **values))
        return LinkRequest(code, there)

    async def give(self, viewer: Viewer, code: str) -> Linked | Pending:
        """A viewer types a code. A whispered one links at once, a public one when its owner confirms.

        Raises:
            ChatError: it cannot be used; the sentence says why.
        """
        code = code.strip().upper()
        try:
            self._attempts.begin(viewer.id)
            async with write_once(self._database) as session:
                result = await self._redeem_code(session, viewer, code)
        except ChatError:
            # It may be a valid code that was typed in the wrong chat: now all of that chat has read it.
            async with self._database.write() as session:
                await session.execute(update(LinkCode).where(LinkCode.code == code).values(public=True))
            raise
        if isinstance(result, Linked):
            self._attempts.succeed(viewer.id)
            self._merge.notify()
            self.heard(result)
        else:
            self._attempts.forgive(viewer.id)
        return result

    async def agree(self, viewer: Viewer) -> Linked:
        """The owner of a public code confirms the link.

        Raises:
            NothingToAgree: nobody typed it, or that is more than 10 minutes ago.
            AlreadyLinked: one of the two accounts was linked meanwhile.
        """
        async with write_once(self._database) as session:
            platform = await self._platform(session, viewer)
            mine = (_is_of(viewer), LinkCode.expires_at > self._clock.now())
            giver = (await session.execute(select(LinkCode.taken_by).where(*mine))).scalar()
            if giver is None:
                raise NothingToAgree(SHOWN[other_than(platform)])
            linked = await self._link(session, viewer, viewer.id, platform, giver)
        self._merge.notify()
        self.heard(linked)
        return linked

    async def drop(self, viewer: Viewer) -> bool:
        """Revoke the code of this account. Returns whether there was one."""
        async with write_once(self._database) as session:
            dropped = await session.execute(delete(LinkCode).where(_is_of(viewer)).returning(LinkCode.code))
            return dropped.first() is not None

    async def unlink(self, actor: Viewer, viewer: Viewer) -> Unlinked:
        """A mod unlinks the accounts of a viewer. Moved points and XP go back, as far as they are not spent.

        Raises:
            NotLinked: the viewer has only one account.
        """
        async with write_once(self._database) as session:
            link = await self._merge.active_link(session, viewer.id)
            if link is None:
                raise NotLinked(viewer)
            unlinked = await self._merge.unmerge(session, link)
        log.info("%s: unlink %s from %s", actor.name, unlinked.merged.name, unlinked.kept.name)
        self._merge.notify()
        return unlinked

    async def _redeem_code(self, session: AsyncSession, viewer: Viewer, code: str) -> Linked | Pending:
        here = await self._unlinked(session, viewer)
        found = await self._find_code(session, code)
        if found is None:
            raise WrongCode(SHOWN[other_than(here)])
        owner, platform, public, taken_by = found
        if platform == here:
            raise WrongPlatform(SHOWN[other_than(here)], own=owner.id == viewer.id)
        if not public:
            return await self._link(session, viewer, owner.id, platform, viewer.id)
        if taken_by not in (None, viewer.id):
            raise CodeTaken
        if taken_by is None:
            # The owner gets the full lifetime to confirm, however late the code was typed.
            values = {"taken_by": viewer.id, "expires_at": self._clock.now() + LIFETIME}
            await session.execute(update(LinkCode).where(_is_of(owner)).values(**values))
        return Pending(owner, platform, SHOWN[platform], SHOWN[here], again=taken_by is not None)

    async def _refuse_recent_request(self, session: AsyncSession, viewer: Viewer, there: str, now: datetime) -> None:
        query = select(LinkCode.code, LinkCode.public, LinkCode.expires_at).where(_is_of(viewer))
        row = (await session.execute(query)).first()
        if row is not None and timedelta() <= now - (row.expires_at - LIFETIME) < NEW:
            raise CodeIsNew(row.code if row.public else None, there)

    async def _find_code(self, session: AsyncSession, code: str) -> tuple[Viewer, Platform, bool, int | None] | None:
        """The owner of a code, where it was requested, whether it is public, and who typed it before."""
        query = (
            select(
                User.id, User.name, User.display_name, User.points, User.platform, LinkCode.public, LinkCode.taken_by
            )
            .join(User, User.id == LinkCode.user_id)
            .where(LinkCode.code == code, LinkCode.expires_at > self._clock.now())
        )
        row = (await session.execute(query)).first()
        if row is None:
            return None
        owner = Viewer(row.id, row.name, row.display_name or row.name, row.points or 0)
        return owner, _platform(row.platform), row.public, row.taken_by

    async def _link(self, session: AsyncSession, actor: Viewer, owner: int, platform: Platform, giver: int) -> Linked:
        """Link the owner of a code, requested on ``platform``, to the viewer who typed it on the other one."""
        kept, merged = (owner, giver) if platform == "twitch" else (giver, owner)
        linked = await self._merge.merge(session, actor, kept, merged)
        both = (kept, merged)
        await session.execute(delete(LinkCode).where(or_(LinkCode.user_id.in_(both), LinkCode.taken_by.in_(both))))
        return linked

    async def _unlinked(self, session: AsyncSession, viewer: Viewer) -> Platform:
        """The platform of an account that is not linked yet."""
        if await self._merge.active_link(session, viewer.id) is not None:
            raise AlreadyLinked(own=True)
        return await self._platform(session, viewer)

    async def _platform(self, session: AsyncSession, viewer: Viewer) -> Platform:
        return _platform((await session.execute(select(User.platform).where(User.id == viewer.id))).scalar())


def _is_of(viewer: Viewer) -> ColumnElement[bool]:
    return LinkCode.user_id == viewer.id


def _platform(kept: str | None) -> Platform:
    return "joystick" if kept == "joystick" else "twitch"
