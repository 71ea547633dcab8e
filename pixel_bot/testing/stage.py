"""A bot in the test's own process: everything is real but the network."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from pixel_bot.backends.build import Backends
from pixel_bot.bot.bot import BotIdentity, PixelBot
from pixel_bot.bot.joystick import JoystickChannel
from pixel_bot.model.channel_events import ChannelEvent
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.event import Event
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.model.stream_events import Redemption
from pixel_bot.platforms.twitch.events.frames import frame_of
from pixel_bot.platforms.twitch.user_lookup import UserLookup
from pixel_bot.queue.limits import Limits
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, Role, SandboxUser, sandbox_user
from pixel_bot.services import Services
from pixel_bot.testing.clock import SettableClock
from pixel_bot.testing.fake_http import FakeHttp
from pixel_bot.testing.fake_obs import FakeObs
from pixel_bot.testing.fake_twitch import FakeTwitch
from pixel_bot.testing.happenings import Happenings, Line, once
from pixel_bot.testing.overlay import FakeOverlay
from pixel_bot.testing.settings import settings_in
from pixel_bot.testing.twitch_users import FakeUsersApi

SUBSCRIPTION: frames.Json = {"id": "stage", "type": "", "version": "1", "condition": {}, "status": "enabled"}


class Stage:
    """A chat with a bot in it."""

    def __init__(self, bot: PixelBot, clock: SettableClock, page: str = "fake", *, fakes_obs: bool = True) -> None:
        self.bot = bot
        self.clock = clock
        self.sent: list[str] = []
        """All messages that the bot sent."""
        self.whispers: list[tuple[str, str]] = []
        """All that it whispered on Joystick.tv: to whom, and what."""
        self.overlay = FakeOverlay(bot.overlay, page)
        """The page on which effects play; open from the start."""
        cast(Any, bot.twitch_http).post_chat_message = self._record_twitch
        self.users_api = FakeUsersApi()
        """Twitch's accounts, and how often it was asked for them."""
        self.user_lookup = UserLookup(self.users_api, self.users_api.role, clock)
        bot.people.twitch = self.user_lookup
        self.twitch = FakeTwitch(self.users_api.accounts)
        """What cogs do on Twitch, as mods and as the streamer: deletions, timeouts, title, shout-outs and the rest."""
        bot.outside.join_twitch(self.twitch, STREAMER.id)
        self.http = FakeHttp()
        """What ``bot.http`` gets for an answer, and what it asked."""
        bot.http.transport = self.http
        self.obs = FakeObs()
        """OBS, where the settings have an ``obs_password``."""
        if bot.obs.is_set_up and fakes_obs:
            bot.obs.use(self.obs)
        self.joystick_commands: list[Mapping[str, str]] = []
        """What cogs do on Joystick.tv as mods."""
        self.joystick = JoystickChannel(bot, self._record_joystick, limited=False)
        bot.channels["joystick"] = self.joystick
        bot.outside.join_joystick(self._record_command, self.joystick.whisper)
        self.happenings = Happenings(bot, clock, self.joystick)
        """Makes things happen, and time pass."""

    @property
    def services(self) -> Services:
        """The services of the bot."""
        return self.bot.services

    async def say(
        self, login: str, text: str, role: Role = "viewer", *, message_id: str = "", wait: bool = True, **event: Any
    ) -> list[str]:
        """Somebody writes in chat.

        Args:
            login: who; the streamer is ``pixel_street``.
            text: what. ``@name`` is a mention where ``users_api`` has such an account.
            role: ``viewer``, ``subscriber``, ``vip``, ``moderator`` or ``broadcaster``.
            message_id: to send the same message twice.
            wait: False to return when the bot has answered, while effects still play.
            event: fields of the event to set otherwise, like ``source_broadcaster_user_id="1"``.

        Returns:
            What the bot answered, when all is done and durable.
        """
        who = STREAMER if role == "broadcaster" else sandbox_user(login.lower(), role, login)
        self.twitch.meet(person_of(who))
        message_id = message_id or secrets.token_hex(8)
        payload = frames.chat_message(who, text, message_id, mentioned=self.users_api.accounts.mentioned) | event
        return await self.hear("channel.chat.message", payload, message_id, wait=wait)

    async def say_there(
        self,
        login: str,
        text: str,
        *,
        mod: bool = False,
        streamer: bool = False,
        message_id: str = "",
        wait: bool = True,
    ) -> list[str]:
        """Somebody writes on Joystick.tv. Returns what the bot said to it, on both platforms; not what it whispered."""
        before = len(self.sent)
        person = there(login)
        message_id = f"joystick:{message_id or secrets.token_hex(8)}"
        message = chat_message(person, message_id, self.clock.now(), text, is_mod=mod or streamer, is_streamer=streamer)
        self.joystick.on_chat_message(message)
        await (self.settled() if wait else self.bot.settled())
        return once(self.sent[before:])

    async def happens_there(self, channel_event: ChannelEvent) -> list[str]:
        """Something happens on Joystick.tv. Returns what the bot said to it."""
        before = len(self.sent)
        self.joystick.on_channel_event(channel_event)
        await self.settled()
        return once(self.sent[before:])

    async def happens(
        self, event: Event | type[Event], login: str = "", platform: Platform = "twitch", **fields: Any
    ) -> list[str]:
        """Something happens: ``happens(Follow, "alice")``, ``happens(Raid, "bob", viewers=20)``, or an event itself.

        Args:
            event: the event; or its class, and who did it and its fields follow.
            login: who; empty where they stay anonymous.
            platform: where, for a class.
            fields: of the class; what is left out is usual.

        Returns:
            What the bot said to it.
        """
        before = len(self.sent)
        home = person_of(sandbox_user(login.lower(), name=login)) if platform == "twitch" else there(login)
        self.happenings.event(event, home if login else None, fields)
        await self.settled()
        return once(self.sent[before:])

    async def goes_live(self, platform: Platform = "twitch") -> list[str]:
        """The stream begins. Returns what the bot said to it."""
        before = len(self.sent)
        self.happenings.online(platform)
        await self.settled()
        return once(self.sent[before:])

    async def goes_offline(self, platform: Platform = "twitch") -> list[str]:
        """The stream ends. Returns what the bot said to it."""
        before = len(self.sent)
        self.happenings.offline(platform)
        await self.settled()
        return once(self.sent[before:])

    async def redeems(self, reward: str, login: str, text: str = "", cost: int = 100) -> list[str]:
        """Somebody spends channel points on a reward of the channel, by its title. Returns what the bot said to it."""
        return await self.happens(Redemption, login, reward=reward, text=text, cost=cost)

    async def hear(self, kind: str, event: frames.Json, message_id: str = "", *, wait: bool = True) -> list[str]:
        """An event arrives, as EventSub would bring it. Returns what the bot said to it."""
        before = len(self.sent)
        subscription = SUBSCRIPTION | {"type": kind}
        message_id = message_id or secrets.token_hex(8)
        frame = frames.notification(subscription, event, message_id, self.clock.now())
        self.bot.notifications.on_notification(frame_of(frame))
        await (self.settled() if wait else self.bot.settled())
        return once(self.sent[before:])

    async def settled(self) -> None:
        """Wait until everything is processed; what waits for an overlay or for a mod still waits.

        A new sub is announced at once, and not some seconds later, when its months may be known.
        """
        await self.bot.settled()
        await self.bot.events.flush()
        await self.bot.settled()
        await self.bot.dispatcher.settled()

    async def passes(self, seconds: float) -> list[str]:
        """So many seconds pass, and timers have their turns. Returns what the bot said meanwhile."""
        before = len(self.sent)
        await self.happenings.time(seconds)
        self.bot.dispatcher.wake()
        await self.settled()
        return once(self.sent[before:])

    async def viewer(self, login: str, points: int = 0) -> Viewer:
        """Somebody who has been here; with so many points, given by the streamer."""
        person = person_of(sandbox_user(login.lower(), name=login))
        self.twitch.meet(person)
        viewer = await self.bot.viewers.meet(person)
        if points:
            streamer = await self.bot.viewers.meet(person_of(STREAMER))
            await self.services.economy.add(streamer, viewer, points)
        return await self.bot.viewers.meet(person)

    async def points(self, login: str) -> int:
        """Somebody's balance."""
        return (await self.bot.viewers.find(login)).points

    async def _record_twitch(self, *, message: str, **_: Any) -> dict[str, Any]:
        self.sent.append(Line(message, "twitch"))
        return {"data": [{"message_id": f"sent-{len(self.sent)}", "is_sent": True, "drop_reason": None}]}

    async def _record_command(self, action: str, **fields: str) -> None:
        self.joystick_commands.append({"action": action, **fields})

    async def _record_joystick(self, message: Outgoing) -> str:
        if message.whisper_to:
            self.whispers.append((message.whisper_to, message.text))
        else:
            self.sent.append(Line(message.text, "joystick"))
        return f"joystick:sent-{len(self.sent)}"


@asynccontextmanager
async def stage(
    folder: Path,
    clock: SettableClock | None = None,
    backends: Backends | None = None,
    limits: Limits | None = None,
    page: str = "fake",
    **settings: Any,
) -> AsyncGenerator[Stage]:
    """A chat with a bot and all cogs, over a database in ``folder``.

    Args:
        folder: like pytest's ``tmp_path``.
        clock: to share one with other parts of the test.
        backends: other speech, AI and OBS than the settings ask for.
        limits: how long effects may take, in real seconds.
        page: the id of the overlay page; another one stands for another page.
        settings: by their lower-case names, like ``cogs_dir=tmp_path / "cogs"``.
    """
    clock = clock or SettableClock()
    async with opened(settings_in(folder, **settings), "sandbox", clock, {STREAMER.login, BOT.login}) as services:
        account = BotIdentity("client", BOT.id, STREAMER.id, limited=False, names=(BOT.login, BOT.name))
        bot = PixelBot(services, account, backends, limits)
        services.awards.start()
        await bot.setup_hook()
        try:
            built = Stage(bot, clock, page, fakes_obs=backends is None)
            await built.overlay.open()
            await bot.dispatcher.start()
            yield built
            await bot.settled()
        finally:
            await bot.dispatcher.stop()
            if isinstance(bot.people.twitch, UserLookup):
                await bot.people.twitch.close()
            await bot.backends.close()
            await services.awards.stop()
            await bot.close(save_tokens=False)


def person_of(who: SandboxUser) -> Person:
    """Somebody of the sandbox as the platform names them."""
    return Person(who.id, who.login, who.name)


def there(login: str) -> Person:
    """Somebody on Joystick.tv, of that name."""
    return Person(login.lower(), login.lower(), login, "joystick")
