"""Cogs that are bad on purpose, each in one way, and what is said about each.

The line that is meant ends with the comment ``# here``.
"""

from dataclasses import dataclass
from textwrap import dedent, indent

HEAD = '''\
"""A cog for tests."""

import asyncio
import secrets
import time

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.plugin import *
'''
SETUP = """
async def setup(bot):
    await bot.add_component(Bad(bot))
"""


@dataclass(frozen=True)
class BadCog:
    """A cog, the kind of its mistake, and words of the sentence that names it."""

    source: str
    kind: str
    words: str

    @property
    def line(self) -> int:
        """The line that is meant; 0 where none can be named."""
        marked = [number for number, line in enumerate(self.source.splitlines(), 1) if line.endswith("# here")]
        return marked[0] if marked else 0


def bad(kind: str, words: str, body: str, before: str = "", setup: str = SETUP) -> BadCog:
    """A cog with these methods."""
    methods = indent(dedent(body).strip(), "    ")
    source = f'{HEAD}{dedent(before)}\n\nclass Bad(Cog):\n    """Bad."""\n\n{methods}\n\n{setup}'
    return BadCog(source, kind, words)


def command(body: str, doc: str = '"""Do something."""') -> str:
    """A command ``!bad`` with this body."""
    return f"@command()\nasync def bad(self, ctx: Context) -> None:\n    {doc}\n" + indent(dedent(body).strip(), "    ")


HELLO = command('await ctx.reply("Hello!")')

BAD: dict[str, BadCog] = {
    "no_setup": bad("load", "it has no `async def setup(bot)`", HELLO, setup=""),
    "syntax_error": bad("syntax", "This is no Python", "def broken(:  # here"),
    "missing_import": bad("load", "No module named 'not_there'", HELLO, before="import not_there  # here"),
    "core_import": bad(
        "import", "imports pixel_bot.points.ledger", HELLO, before="import pixel_bot.points.ledger  # here"
    ),
    "no_docstring": bad(
        "help", "!bad has no docstring", '@command()\nasync def bad(self, ctx):  # here\n    await ctx.reply("Hello!")'
    ),
    "undocumented_setting": bad(
        "setting",
        "The setting most says nothing of itself",
        f"settings = Settings\n\n{HELLO}",
        before='\n\nclass Settings(CogSettings):\n    """Settings."""\n\n    most: int = 5  # here\n',
    ),
    "own_table": bad(
        "table",
        "Only classes of CogModel",
        command("await ctx.reply('Hello!')"),
        before="from sqlalchemy.orm import DeclarativeBase  # here",
    ),
    "table_by_sql": bad(
        "table",
        "It makes a table by SQL",
        command(
            """
            async with self.bot.write() as session:
                await session.execute(text("CREATE TABLE IF NOT EXISTS wins (id INTEGER)"))  # here
            """
        ),
    ),
    "foreign_listener": bad(
        "load", "event_ready is a listener of TwitchIO", "@Cog.listener()\nasync def event_ready(self):\n    pass"
    ),
    "unknown_event": bad("load", "is no event", "@on('Folow')  # here\nasync def hear(self, event):\n    pass"),
    "nobody": bad(
        "crash",
        "'NoneType' object has no attribute",
        """
        @on(Cheer)
        async def hear(self, event):
            await self.bot.announce(event.person.display_name)  # here
        """,
    ),
    "taken_name": bad("load", "!give exists already", HELLO.replace("command()", 'command("give")')),
    "task_that_stays": bad(
        "task",
        "still runs when the cog is unloaded",
        """
        async def component_load(self):
            self.task = asyncio.create_task(self.forever())  # here

        async def forever(self):
            await asyncio.Event().wait()
        """,
    ),
    "task_of_a_command": bad(
        "task", "still runs when the cog is unloaded", command("asyncio.create_task(asyncio.sleep(3600))  # here")
    ),
    "speech_in_a_transaction": bad(
        "speech",
        "speaks inside of a block that writes",
        command('async with self.bot.transaction(ctx, "bad") as tx:\n    await ctx.reply("Too soon.")  # here'),
    ),
    "hidden_speech": bad(
        "speech",
        "what would be said is not durable yet",
        command('async with self.bot.transaction(ctx, "bad") as tx:\n    await self.tell(ctx)')
        + '\n\nasync def tell(self, ctx):\n    await ctx.reply("Too soon.")  # here',
    ),
    "writer_in_a_writer": bad(
        "writer",
        "a writer inside of a writer",
        command(
            """
            async with self.bot.transaction(ctx, "bad") as tx:
                await self.bot.economy.give(ctx.viewer, ctx.viewer, 5)  # here
            """
        ),
    ),
    "hidden_writer": bad(
        "writer",
        "a second writer would wait",
        command('async with self.bot.transaction(ctx, "bad") as tx:\n    await self.pay()')
        + "\n\nasync def pay(self):\n    async with self.bot.write() as session:  # here\n        pass",
    ),
    "paid_twice": bad(
        "twice",
        "moves points again when its message is delivered again",
        "@command()  # here\n"
        + command(
            """
            async with self.bot.transaction(secrets.token_hex(8), "bad") as tx:
                await tx.credit(ctx.viewer, 5)
            """
        ).split("\n", 1)[1],
    ),
    "blocking": bad("blocking", "time.sleep blocks the whole bot", command("time.sleep(0.01)  # here")),
    "hidden_blocking": bad(
        "blocking",
        "keeps the event loop for half a second",
        command("wait_for_nothing()"),
        before="\n\ndef wait_for_nothing():\n    getattr(time, 'sleep')(1.5)  # here\n",
    ),
    "endless_loop": bad("blocking", "keeps the event loop", command("while True: pass  # here")),
    "crash": bad(
        "crash",
        "KeyError: 'alice'",
        command("await ctx.reply({}[ctx.viewer.login])  # here").replace("ctx.viewer.login", "'alice'"),
    ),
    "left_command": bad(
        "left",
        "the log handler StreamHandler behind",
        "async def component_load(self):\n    logging.getLogger().addHandler(logging.StreamHandler())",
        before="import logging",
    ),
}
