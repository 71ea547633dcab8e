"""``bot.channel``: the streamer's channel on Twitch: title, category, announcements, shout-outs, and who is there."""

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from typing_extensions import override

from pixel_bot.bot.cog_services.twitch_api import NotThere, PlatformRefused, TooSoon, TwitchApi
from pixel_bot.clock import Clock
from pixel_bot.errors import BadInput
from pixel_bot.model.people import Person, Viewer
from pixel_bot.platforms.twitch.helix_structs import CategoryRow, ChannelRow, Chatter, FollowerRow, User
from pixel_bot.platforms.twitch.scopes import ANNOUNCEMENTS, BROADCAST, CHATTERS, FOLLOWERS, SHOUTOUTS
from pixel_bot.texts import duration
from pixel_bot.wording.texts import later, texts

Color = Literal["blue", "green", "orange", "purple", "primary"]

_ = texts(__name__)

LONGEST_TITLE = 140
LONGEST_ANNOUNCEMENT = 500
"""Characters that Twitch takes."""

BETWEEN_SHOUTOUTS, BETWEEN_SAME = timedelta(minutes=2), timedelta(minutes=60)
"""Twitch's limits: https://dev.twitch.tv/docs/api/reference/#send-a-shoutout"""

MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Category:
    """A category of streams on Twitch: a game, or something like Just Chatting. Reads as its name."""

    id: str
    name: str

    @override
    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """The channel's title and category; ``category`` is None where none is set."""

    title: str
    category: Category | None


class ChannelControl:
    """What a cog can learn of the streamer's channel on Twitch, and change.

    Each method raises ``PlatformRefused``, whose sentence says why it did not happen; so it does where the bot is on
    Joystick.tv alone, which offers none of it. What needs the streamer's yes names its scope; since when a stream is
    on says ``bot.live.since``.
    """

    def __init__(self, twitch: TwitchApi, clock: Clock) -> None:
        self._twitch = twitch
        self._clock = clock
        self._shoutouts: dict[str, datetime] = {}
        self._shouting = asyncio.Lock()

    async def info(self, of: Viewer | Person | None = None) -> ChannelInfo:
        """The title and the category; of the channel of that viewer, or of the streamer's own."""
        owner = self._twitch.owner_id if of is None else (await self._twitch.person(of)).platform_id
        rows = await self._twitch.ask(
            _("read the title"),
            "",
            lambda helix: helix.get("channels", "broadcaster", ChannelRow, broadcaster_id=owner),
        )
        if not rows:
            raise PlatformRefused(_("Twitch does not know the channel any more."))
        row = rows[0]
        return ChannelInfo(row.title, Category(row.game_id, row.game_name) if row.game_id else None)

    async def set_title(self, title: str) -> None:
        """Set the title (``channel:manage:broadcast``).

        Raises:
            BadInput: it is empty, or longer than 140 characters.
        """
        title = " ".join(title.split())
        if not 1 <= len(title) <= LONGEST_TITLE:
            raise BadInput(
                _("A title has 1 to {most} characters, and this one has {has}.", most=LONGEST_TITLE, has=len(title))
            )
        await self._change("title", title)

    async def find_categories(self, name: str) -> Sequence[Category]:
        """Categories whose names are like that, as Twitch finds them; the nearest first."""
        asked = {"query": name[:100], "first": "20"}
        rows = await self._twitch.ask(
            _("look for a category"),
            "",
            lambda helix: helix.first_page("search/categories", "broadcaster", CategoryRow, **asked),
        )
        near = {row.name.casefold(): Category(row.id, row.name) for row in rows}
        likeness = difflib.SequenceMatcher(b=name.strip().casefold())

        def distance(key: str) -> float:
            likeness.set_seq1(key)
            return -likeness.ratio()

        return [near[key] for key in sorted(near, key=distance)]

    async def set_category(self, name: str) -> Category:
        """Set the category to the one of that name, in any case (``channel:manage:broadcast``). Returns it.

        Raises:
            BadInput: there is none of that name; the sentence names near ones.
        """
        found = await self.find_categories(name)
        same = next((one for one in found if one.name.casefold() == name.strip().casefold()), None)
        if same is None and len(found) != 1:
            raise BadInput(_no_category(name[:40], found[:MOST_SHOWN]))
        chosen = same or found[0]
        await self._change("game_id", chosen.id)
        return chosen

    async def announce(self, text: str, color: Color = "primary") -> None:
        """Say something that Twitch highlights (``moderator:manage:announcements``).

        Raises:
            BadInput: it is empty, or longer than 500 characters.
        """
        if not 1 <= len(text) <= LONGEST_ANNOUNCEMENT:
            words = later("An announcement has 1 to {most} characters, and this one has {has}.")
            raise BadInput(_(words, most=LONGEST_ANNOUNCEMENT, has=len(text)))
        body = {"message": text, "color": color}
        await self._twitch.ask(
            _("announce anything"),
            ANNOUNCEMENTS,
            lambda helix: helix.call("POST", "chat/announcements", "broadcaster", body, **self._us()),
        )

    async def shoutout(self, who: Viewer | Person) -> None:
        """Show another channel to chat (``moderator:manage:shoutouts``), while the stream is on.

        Twitch allows one in two minutes, and one in an hour for the same channel.

        Raises:
            TooSoon: it is, and how long it takes.
            PlatformRefused: the stream is off.
        """
        person = await self._twitch.person(who)
        async with self._shouting:
            self._refuse_too_soon(person)
            owner = self._twitch.owner_id
            asked = {"from_broadcaster_id": owner, "to_broadcaster_id": person.platform_id, "moderator_id": owner}
            await self._twitch.ask(
                _("shout out {viewer}", viewer=person),
                SHOUTOUTS,
                lambda helix: helix.call("POST", "chat/shoutouts", "broadcaster", **asked),
            )
            self._shoutouts[person.platform_id] = self._clock.now()

    async def following_since(self, viewer: Viewer | Person) -> datetime | None:
        """Since when somebody follows the channel (``moderator:read:followers``); None for one who does not."""
        person = await self._twitch.person(viewer)
        asked = {"broadcaster_id": self._twitch.owner_id, "user_id": person.platform_id}
        rows = await self._twitch.ask(
            _("see who follows"),
            FOLLOWERS,
            lambda helix: helix.get("channels/followers", "broadcaster", FollowerRow, **asked),
        )
        return datetime.fromisoformat(rows[0].followed_at) if rows else None

    async def account_created(self, viewer: Viewer | Person) -> datetime:
        """When somebody's account was made."""
        person = await self._twitch.person(viewer)
        rows = await self._twitch.ask(
            _("look up accounts"), "", lambda helix: helix.get("users", "broadcaster", User, id=[person.platform_id])
        )
        made = rows[0].created_at if rows else None
        if not isinstance(made, str):
            raise NotThere(_("Twitch has no account of {viewer} any more.", viewer=person))
        return datetime.fromisoformat(made)

    async def chatters(self) -> Sequence[Person]:
        """Who is in chat, also those who say nothing (``moderator:read:chatters``)."""
        rows = await self._twitch.ask(
            _("see who is in chat"),
            CHATTERS,
            lambda helix: helix.get("chat/chatters", "broadcaster", Chatter, first="1000", **self._us()),
        )
        return [Person(row.user_id, row.user_login, row.user_name or row.user_login) for row in rows]

    async def _change(self, field: str, value: str) -> None:
        owner = self._twitch.owner_id
        await self._twitch.ask(
            _("change the title or the category"),
            BROADCAST,
            lambda helix: helix.call("PATCH", "channels", "broadcaster", {field: value}, broadcaster_id=owner),
        )

    def _refuse_too_soon(self, person: Person) -> None:
        now = self._clock.now()
        self._shoutouts = {who: at for who, at in self._shoutouts.items() if now - at < BETWEEN_SAME}
        waits = [at + BETWEEN_SHOUTOUTS - now for at in self._shoutouts.values()]
        if (same := self._shoutouts.get(person.platform_id)) is not None:
            waits.append(same + BETWEEN_SAME - now)
        if waits and (longest := max(waits)) > timedelta():
            seconds = longest.total_seconds()
            words = later("Twitch lets me shout out anybody in {time}.")
            if same is not None and longest > BETWEEN_SHOUTOUTS:
                words = later("Twitch lets me shout out {viewer} again in {time}.")
            raise TooSoon(_(words, viewer=person, time=duration(seconds)), seconds)

    def _us(self) -> dict[str, str]:
        return {"broadcaster_id": self._twitch.owner_id, "moderator_id": self._twitch.owner_id}


def _no_category(name: str, near: Sequence[Category]) -> str:
    if not near:
        return _("Twitch has no category {name}.", name=name)
    return _("Twitch has no category {name}. Did you mean {near}?", name=name, near=_(" or ").join(map(str, near)))
