"""Variables on people: who typed, whom they named, and somebody in chat."""

import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple

from pixel_bot.plugin import (
    ChatMessage,
    Cog,
    Person,
    PixelBot,
    UnknownViewer,
    VariableCall,
    VariableFailed,
    Viewer,
    later,
    on,
    texts,
    variable,
)

from .channel_facts import ChannelFacts
from .moments import spelled

_ = texts(__name__)

REMEMBERED = 2_000
RECENT = timedelta(minutes=30)

NO_WATCH_TIME = later("I do not count how long somebody watches.")


class Heard(NamedTuple):
    """What somebody wrote last, and when."""

    person: Person
    text: str
    at: datetime


class PeopleVariables(Cog):
    """People."""

    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self._facts = ChannelFacts(bot)
        self._heard: OrderedDict[str, Heard] = OrderedDict()

    @on(ChatMessage)
    async def remember(self, message: ChatMessage) -> None:
        """Remember who wrote, since the bot started."""
        name = message.viewer.login.lower()
        self._heard[name] = Heard(message.viewer, message.text, self.bot.clock.now())
        self._heard.move_to_end(name)
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)

    @variable("user", "sender", "source", "username")
    async def user(self, call: VariableCall) -> str | None:
        """Who typed. What may follow: `.name .login .id .points .points_rank .level .accountage .followage .game`.

        Since the bot started it also knows `.lastseen .lastactive .lastmessage`. It does not count `.time_online`.
        """
        person = call.source.person
        if person is None:
            return None
        return await self._about(person, None, call.field)

    @variable("touser", "target", "tousername")
    async def touser(self, call: VariableCall) -> str | None:
        """Whom they named with the first word, else who typed; the same follows the dot as for `user`."""
        words = call.source.words
        if not words or not (name := words[0].lstrip("@＠").rstrip(",")):
            return await self.user(call)
        heard = self._heard.get(name.lower())
        if call.field in {"", "name"}:
            return name
        try:
            viewer = await self.bot.viewers.find(name, call.source.platform)
        except UnknownViewer:
            viewer = None
        return await self._about(heard.person if heard is not None else None, viewer, call.field, name)

    async def _about(self, person: Person | None, viewer: Viewer | None, field: str, name: str = "") -> str | None:
        """One fact on somebody; None where it is not known."""
        login = person.login if person is not None else name.lower()
        match field.lower():
            case "" | "name" | "display_name":
                return person.display_name if person is not None else name
            case "login":
                return login.lower()
            case "id":
                return person.platform_id if person is not None else None
            case "points" | "points_rank" | "level" as fact:
                known = viewer or (await self.bot.viewers.meet(person) if person is not None else None)
                return await self._score(known, fact) if known is not None else "0"
            case "lastmessage" | "lastseen" | "lastactive" as fact:
                return self._last(login.lower(), fact)
            case "accountage" | "followage" as fact:
                return await self._since(person, fact)
            case "game":
                return await self._facts.game()
            case "time_online":
                raise VariableFailed(_(NO_WATCH_TIME))
            case _:
                return None

    async def _score(self, viewer: Viewer, fact: str) -> str:
        if fact == "points":
            return str((await self.bot.viewers.by_id(viewer.id)).points)
        if fact == "level":
            return str((await self.bot.levels.standing(viewer)).level)
        rank = await self.bot.leaderboard.rank(viewer)
        return str(rank.place) if rank is not None else "0"

    def _last(self, login: str, fact: str) -> str | None:
        heard = self._heard.get(login)
        if heard is None:
            return None
        if fact == "lastmessage":
            return heard.text
        return spelled((self.bot.clock.now() - heard.at).total_seconds(), 2)

    async def _since(self, person: Person | None, fact: str) -> str | None:
        if person is None:
            return None
        ask = self._facts.account_created if fact == "accountage" else self._facts.following_since
        since = await ask(person)
        return spelled((self.bot.clock.now() - since).total_seconds(), 2) if since is not None else _("not following")

    @variable("userid", "user_id")
    async def userid(self, call: VariableCall) -> str:
        """The number of the account of who typed."""
        return call.source.platform_id

    @variable("userlevel")
    async def userlevel(self, call: VariableCall) -> str:
        """What who typed is here: `owner`, `moderator`, `twitch_vip`, `subscriber` or `everyone`."""
        names = {"streamer": "owner", "mod": "moderator", "vip": "twitch_vip", "sub": "subscriber"}
        return next((name for role, name in names.items() if role in call.source.roles), "everyone")

    @variable("msgid")
    async def msgid(self, call: VariableCall) -> str:
        """The id of the message."""
        return call.source.key

    @variable("random.chatter", "randuserid", fresh=True)
    async def chatter(self, call: VariableCall) -> str | None:
        """Somebody who wrote in the last 30 minutes."""
        since = self.bot.clock.now() - RECENT
        there = [heard.person.display_name for heard in self._heard.values() if heard.at >= since]
        return secrets.choice(there) if there else await self.user(call)
