"""Joystick.tv as a second platform, and people who are on both."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from starlette.routing import BaseRoute, Mount
from typing_extensions import override

from pixel_bot.platforms.joystick.installation_store import Installation, InstallationStore
from pixel_bot.platforms.joystick.oauth import Grant
from pixel_bot.sandbox.joystick.double import JoystickDouble, JoystickMessage
from pixel_bot.sandbox.joystick.endpoints import JoystickEndpoints
from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.sandbox.twitch.users import BOT
from pixel_bot.security.cipher import Cipher
from pixel_bot.services import Services
from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.actors.payments import Payments
from pixel_bot.testing.sim.channel import SIGN_IN_SECONDS, TWITCH_PORT, SignIn
from pixel_bot.testing.sim.series import Event

PATH = "/joystick"
TOKEN_LIFE = timedelta(days=10)
PATIENCE_SECONDS = 8.0
CODE = re.compile(r"!link ([A-Z2-9]{6})")
SAYINGS = ("hello {n}", "!points", "!top", "!tts hi {n}", "!sound ding", "!spin", "!cancel", "!give @joy0 3")


class Joystick(Part):
    """Chat, tips and followers there, and its gateway: cut, silent, late, twice."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.double = JoystickDouble()
        self.double.gateway.ping_seconds = 30.0
        self.names = [f"joy{n}" for n in range(5)]
        self._payments = Payments(self.channel, self.double)
        self._installing: asyncio.Task[None] | None = None
        self.double.listeners.add(self._on_message)

    @override
    def settings(self) -> dict[str, object]:
        base = f"127.0.0.1:{TWITCH_PORT}{PATH}"
        return {
            "joystick_client_id": self.double.client_id,
            "joystick_client_secret": self.double.client_secret,
            "joystick_api_url": f"http://{base}/",
            "joystick_gateway_url": f"ws://{base}/cable",
            "joystick_authorize_url": f"http://{base}/api/oauth/authorize",
        }

    @override
    def routes(self) -> Sequence[BaseRoute]:
        return (Mount(PATH, routes=JoystickEndpoints(self.double).routes()),)

    @override
    def sign_ins(self) -> Sequence[SignIn]:
        return (self._install,)

    @override
    async def open(self) -> None:
        self._installing = asyncio.create_task(self._install_again())

    @override
    def broken(self) -> Iterator[str]:
        yield from self._payments.broken()

    @override
    async def close(self) -> None:
        if self._installing is not None:
            self._installing.cancel()
            await asyncio.gather(self._installing, return_exceptions=True)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (
            self.again("joystick chat", self.pause(5), self._chat),
            self.again("joystick event", self.pause(20), self._happen),
            self.again("joystick trouble", 120.0, self._trouble),
        )

    @override
    async def settle(self) -> None:
        self.double.faults.clear()
        self.double.gateway.confirm_after = 0.0
        await self.double.gateway.disconnect(reconnect=True)

    async def _install(self, services: Services, cipher: Cipher) -> None:
        grant = Grant(*self.double.grant(), services.clock.now() + TOKEN_LIFE)
        store = InstallationStore(services.database, services.clock, cipher)
        await store.keep(Installation(self.double.channel_id, self.double.streamer, grant=grant))

    async def _install_again(self) -> None:
        """The streamer looks now and then whether the bot was withdrawn, as when it dies while it renews a token."""
        while True:
            await asyncio.sleep(SIGN_IN_SECONDS)
            life, app = self.channel.life, self.channel.app
            if life is None or app is None or app.joystick is None:
                continue
            installations = app.joystick.installations
            if installations.current is not None and installations.current.problem:
                grant = Grant(*self.double.grant(), datetime.now(UTC) + TOKEN_LIFE)
                life.start(installations.keep(grant, self.double.channel_id, self.double.streamer, pending=False))

    def _on_message(self, message: JoystickMessage) -> None:
        for listener in self.channel.when_said_elsewhere if message.is_bot else ():
            listener(f"{message.text} @{message.whisper_to}" if message.whisper_to else message.text)

    async def _chat(self, event: Event) -> None:
        chance = event.chance
        who, words = chance.choice(self.names), chance.choice(SAYINGS).format(n=event.number)
        self.tell(event, f"{who} on Joystick.tv: {words}")
        late = timedelta(seconds=chance.choice([0, 0, 3, 60]))
        said = await self.double.say(who, words, at=datetime.now(UTC) - late)
        if chance.random() < 0.1:
            await self.double.say(who, words, message_id=said.id, at=said.at)

    async def _happen(self, event: Event) -> None:
        chance, double, tokens = event.chance, self.double, 1 + event.number % 90
        who = chance.choice(self.names)
        kinds: dict[str, Callable[..., Awaitable[str]]] = {
            "follows": double.follow,
            "subscribes": double.subscribe,
            "enters": double.enter,
            "leaves": double.leave,
            "tips": partial(double.tip, tokens=tokens),
            "gives subs": partial(double.gift, total=2),
            "raids": partial(double.raid, viewers=12),
        }
        kind, at = chance.choice(list(kinds)), datetime.now(UTC)
        self.tell(event, f"{who} {kind} on Joystick.tv")
        event_id = chance.randbytes(16).hex()
        self._payments.happens(kind, event_id, tokens)
        await kinds[kind](who, event_id=event_id, at=at)
        if chance.random() < 0.2:
            await asyncio.sleep(chance.choice([0.0, 1.0, 20.0]))
            await kinds[kind](who, event_id=event_id, at=at)

    async def _trouble(self, event: Event) -> None:
        chance, gateway = event.chance, self.double.gateway
        kind = chance.choice(["cut", "cut in a frame", "silent", "restarted", "slow", "refused", "expired", "offline"])
        self.tell(event, f"Joystick.tv: {kind}")
        match kind:
            case "cut":
                gateway.cut()
            case "cut in a frame":
                await gateway.cut_in_a_frame()
            case "silent":
                gateway.fall_silent()
            case "restarted":
                await gateway.disconnect(reconnect=True)
            case "slow":
                gateway.confirm_after = chance.uniform(0.0, 4.0)
            case "refused":
                path = chance.choice(["cable", "api/oauth/token", "api/v1/chat/messages", "api/v1/chat/whispers", ""])
                self.double.faults.add(path, status=chance.choice([500, 429, 503]), times=chance.randint(1, 4))
            case "expired":
                self.double.expire_tokens()
                gateway.cut()
            case _:
                await self.double.go_offline()
                await asyncio.sleep(chance.uniform(5, 100))
                await self.double.go_live()


class Linked(Part):
    """People with an account on each platform, who link them, and whom mods part again.

    Args:
        scene: where they are.
        joystick: the other platform.
    """

    def __init__(self, scene: Scene, joystick: Joystick) -> None:
        super().__init__(scene)
        self._there = joystick.double
        self._people = self.cast("linker", 3)
        self._code = ""
        self.twitch.listeners.add(self._on_message)
        self._there.listeners.add(self._on_message)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (
            self.again("linker", self.pause(8), self._write),
            self.again("link", self.pause(40), self._link),
            self.again("unlink", self.pause(80), self._part),
        )

    async def _write(self, event: Event) -> None:
        chance, who = event.chance, event.chance.choice(self._people)
        words = chance.choice(["hi {n}", "!points", "!tts it is me {n}", "!sound ding", "!give @viewer0 20", "!spin"])
        await self._say(event, chance.choice(["here", "there"]), who.login, words.format(n=event.number))

    async def _link(self, event: Event) -> None:
        """Ask for a code on one platform, give it on the other, and say yes; sometimes it is somebody else who does."""
        chance, who = event.chance, event.chance.choice(self._people)
        asked, given = chance.sample(["here", "there"], 2)
        self._code = ""
        await self._say(event, asked, who.login, "!link")
        await asyncio.sleep(chance.uniform(1.0, PATIENCE_SECONDS))
        giver = who if chance.random() < 0.8 else chance.choice(self._people)
        await self._say(event, given, giver.login, f"!link {self._code or 'ABCDEF'}")
        await asyncio.sleep(chance.uniform(0.0, PATIENCE_SECONDS))
        await self._say(event, asked, who.login, chance.choice(["!link yes", "!link yes", "!link no", "hi"]))

    async def _part(self, event: Event) -> None:
        who, mod = event.chance.choice(self._people), self.mod(event)
        await self.say(event, mod, event.chance.choice([f"!unlink @{who.login}", "!undo", f"!history @{who.login}"]))

    async def _say(self, event: Event, where: str, login: str, words: str) -> None:
        self.tell(event, f"{login}{' on Joystick.tv' if where == 'there' else ''}: {words}")
        if where == "there":
            await self._there.say(login, words)
        else:
            await self.twitch.say(next(who for who in self._people if who.login == login), words)

    def _on_message(self, message: SandboxMessage | JoystickMessage) -> None:
        is_bot = message.is_bot if isinstance(message, JoystickMessage) else message.who.login == BOT.login
        if is_bot and (found := CODE.search(message.text)):
            self._code = found.group(1)
