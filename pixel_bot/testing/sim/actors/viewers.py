"""Viewers with habits."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from pixel_bot.sandbox.twitch.users import SandboxUser, sandbox_user
from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.series import Event

PURCHASES = (
    "!tts so good {n}",
    "!pixel what is {n} plus one?",
    "!sound",
    "!sound ding",
    "!sound airhorn",
    "!sound nonsense",
    "!spin",
    "!clip",
    "!cancel",
    "!voice",
    "!voice default",
    "!redeems",
    "!wheel last",
)
SPAM = (
    "follow me, follow me",
    "!points",
    "!sound ding",
    "!spin",
    "!tts aaaaaaaa",
    "!give @{other} 1",
    "!cancel",
    "!link",
    "!help",
    "AAAAAAAAAAAAAAAAAAAA",
)


class Spenders(Part):
    """They buy all that there is, and mods keep them rich."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._people = self.cast("spender", 4)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (
            self.again("spend", self.pause(4), self._spend),
            self.again("paid spender", self.pause(60), self._enrich),
        )

    async def _spend(self, event: Event) -> None:
        who, words = event.chance.choice(self._people), event.chance.choice(PURCHASES)
        await self.say(event, who, words.format(n=event.number))

    async def _enrich(self, event: Event) -> None:
        who = event.chance.choice(self._people)
        await self.say(event, self.mod(event), f"!points add @{who.login} {event.chance.randint(100, 3_000)}")


class Spammers(Part):
    """They write the same a dozen times in a second."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._people = self.cast("spammer", 2)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("spam", self.pause(40), self._burst),)

    async def _burst(self, event: Event) -> None:
        chance = event.chance
        who, words = chance.choice(self._people), chance.choice(SPAM).format(other=self.somebody(event).login)
        times = chance.randint(2, 12)
        self.tell(event, f"{who.login}, {times} times: {words}")
        for _ in range(times):
            await self.twitch.say(who, words)
            await asyncio.sleep(chance.choice([0.0, 0.05, 0.3]))


class Lurkers(Part):
    """They are there for watch time. Some come, some go, and rarely one asks for their points."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._people = self.cast("lurker", 12)

    @override
    def settings(self) -> dict[str, object]:
        return {"points_watch_minutes": 5}

    @override
    async def open(self) -> None:
        self.twitch.present.update(self._people[:6])

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("lurker", 30.0, self._move),)

    async def _move(self, event: Event) -> None:
        who = event.chance.choice(self._people)
        if event.chance.random() < 0.1:
            await self.say(event, who, "!points")
        elif who in self.twitch.present:
            self.tell(event, f"{who.login} leaves")
            self.twitch.present.discard(who)
        else:
            self.tell(event, f"{who.login} comes")
            self.twitch.present.add(who)


class Renamed(Part):
    """They change their login; the old one may go to somebody else, who then writes, too."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._people = self.cast("renamer", 3)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (
            self.again("rename", self.pause(60), self._rename),
            self.again("renamed", self.pause(8), self._write),
        )

    async def _rename(self, event: Event) -> None:
        index = event.chance.randrange(len(self._people))
        before, login = self._people[index], f"renamer{index}x{event.number}"
        name = "Same_Name" if index else login.upper()
        self.tell(event, f"{before.login} is now {login}")
        self.twitch.present.discard(before)
        self._people[index] = self.twitch.users.rename(before, login, name)
        if event.chance.random() < 0.3:
            heir = SandboxUser(before.login, before.login, first_login=f"heir{event.number}")
            await self.say(event, self.twitch.users.settle(heir), "!points")

    async def _write(self, event: Event) -> None:
        chance, who = event.chance, event.chance.choice(self._people)
        other = chance.choice(self._people)
        words = ["hello", "!points", "!rank", "!give @{other} 5", "!sound ding", "!points @{first}", "!give @{first} 3"]
        await self.say(
            event, who, chance.choice(words).format(other=other.login, first=other.first_login or other.login)
        )


class Newcomers(Part):
    """Somebody whom nobody has seen before writes a little, or is given something before they have written."""

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("newcomer", self.pause(15), self._come),)

    async def _come(self, event: Event) -> None:
        who = self.twitch.users.settle(sandbox_user(f"newcomer{event.number}"))
        if event.chance.random() < 0.3:
            await self.say(event, self.mod(event), f"!points add @{who.login} 7")
        for words in event.chance.sample(["hi", "!points", "!tts first", "!give @mod0 1", "!spin", "!top"], 2):
            await self.say(event, who, words)


class Banned(Part):
    """They write until a mod sends them off; many are let in again."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._people = self.cast("rude", 3)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("rude", self.pause(10), self._write), self.again("ban", self.pause(50), self._ban))

    async def _write(self, event: Event) -> None:
        who = event.chance.choice(self._people)
        if not self._is_banned(who):
            await self.say(event, who, event.chance.choice(["rude words", "!tts rude words", "!top", "!sound ding"]))

    async def _ban(self, event: Event) -> None:
        chance, who, mod = event.chance, event.chance.choice(self._people), self.mod(event)
        if self._is_banned(who):
            self.tell(event, f"{mod.login} lets {who.login} in again")
            await self.twitch.unban(who, mod)
            return
        seconds = chance.choice([None, 10, 600])
        until = datetime.now(UTC) + timedelta(seconds=seconds) if seconds is not None else None
        self.tell(event, f"{mod.login} bans {who.login}" + (f" for {seconds} s" if seconds is not None else ""))
        await self.twitch.ban(who, until, mod)

    def _is_banned(self, who: SandboxUser) -> bool:
        ban = self.twitch.bans.get(who.id)
        return ban is not None and (ban.until is None or ban.until > datetime.now(UTC))
