"""The bot that redeems are bought from and that dies where it is told, as the text of its program."""

KEY = "overlay-key"
START = 1_000
FANS = 40
PRIZE = 70

MORTAL = '''
"""For each line of JSON, forks a bot with its overlay that may kill itself at a point, and tells how it ended."""

import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from sqlalchemy import event

import openai.resources.chat  # once, and not in each bot that asks an AI
import pixel_bot.bot.bot
import pixel_bot.queue.dispatcher
from pixel_bot.backends.tts.speech import Speech
from pixel_bot.clock import Clock
from pixel_bot.queue.limits import Limits
from pixel_bot.overlay import overlay as bus
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import guest, settings_in
from pixel_bot.overlay.server import OverlayPages
from pixel_bot.web.server import WebServer


class Voice:
    async def speak(self, text, voice=""):
        return Speech(b"RIFF", 1.0)

    async def check(self, text, voice=""):
        pass

    async def close(self):
        pass


bus.RETURN_SECONDS = 1.0
pixel_bot.queue.dispatcher.Limits = lambda: Limits(margin=5.0, begun=2.5, overlay=20.0, grace=1.0)
build = pixel_bot.bot.bot.build_backends
pixel_bot.bot.bot.build_backends = lambda *args: replace(build(*args), speech=Voice())


def countdown(number):
    left = number

    def step(*_):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def after(owner, name, step, fits):
    """The method kills, after it returned, when its arguments fit."""
    real = getattr(owner, name)

    async def then_die(*args, **kwargs):
        found = await real(*args, **kwargs)
        if fits(*args):
            step()
        return found

    setattr(owner, name, then_die)


def arm(bot, database, point, number):
    step = countdown(number)
    if point == "before-commit":
        event.listen(database.engine.sync_engine, "commit", step)
    elif point == "after-commit":
        database.committed.add(step)
    elif point == "after-play":
        after(bot.overlay, "send", step, lambda screen, message: message["type"] == "play")
    elif point == "after-answer":
        after(bot.outbox, "put", step, lambda message: message.paid)
    elif point == "after-finish":
        real = bot.overlay.ack

        def ack(token, said, screen):
            if said.state == "finished":
                step()
            real(token, said, screen)

        bot.overlay.ack = ack


async def live(order):
    settings = settings_in(Path(order["folder"]), **order["settings"])
    async with AsyncExitStack() as stack:
        web = WebServer("127.0.0.1", settings.web_port)
        stack.push_async_callback(web.stop)
        services = await stack.enter_async_context(opened(settings, "sandbox", Clock()))
        show = await stack.enter_async_context(guest(services, order["base"], tuple(order["app"]), order["accounts"]))
        bot = show.bot
        pages = OverlayPages(services.overlay, services.sounds)
        stack.push_async_callback(pages.close)
        await web.start(pages.routes(), [])
        begin = bot.dispatcher.start

        async def begin_armed():
            arm(bot, services.database, order["point"], order["number"])
            await begin()

        bot.dispatcher.start = begin_armed
        await show.begin()
        await show.platform.eventsub.ready()
        print("ready", os.getpid(), flush=True)
        await asyncio.Event().wait()


import pixel_bot.db.schema  # noqa: E402 - all that a bot needs is imported before the first fork
import simpleobsws  # noqa: E402, F401
from pixel_bot.plugin import Cog  # noqa: E402, F401

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        asyncio.run(live(json.loads(line)))
    _, status = os.waitpid(child, 0)
    print("ended", os.waitstatus_to_exitcode(status), flush=True)
'''
