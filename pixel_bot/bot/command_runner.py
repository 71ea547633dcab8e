"""Runs the commands that chat asks for: each once, with its message as the idempotency key."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pixel_bot.accounts.cog_economy import command_audience
from pixel_bot.bot.channel import ChatChannel
from pixel_bot.bot.command import usage
from pixel_bot.bot.context import Context
from pixel_bot.bot.error_replies import is_fault, reply_for
from pixel_bot.bot.spelling import Names, Spelling
from pixel_bot.clock import Clock
from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.db.engine import Database
from pixel_bot.points.audit import begin_act, write_act
from pixel_bot.points.idempotency import claim_command, use_idempotency_key

COMMAND_SECONDS = 120.0
"""A command that takes longer hangs, or waits for capacity in a full chat. Its task is let go of, others go on."""


class CommandRunner:
    """Runs commands; its ``spelling`` knows which texts are some.

    Args:
        prefixes: what commands begin with; the first one is shown.
        names: all commands by name, as they are loaded now.
        reachable: those behind a mention of the bot, which may be more.
        invoke: parses a context's text and calls the command's body.
        database, clock: where the message's id is claimed.
    """

    def __init__(
        self,
        prefixes: Sequence[str],
        names: Names,
        reachable: Names,
        invoke: Callable[[Context], Awaitable[Any]],
        database: Database,
        clock: Clock,
    ) -> None:
        self.prefix = prefixes[0]
        self.spelling = Spelling(prefixes, names, reachable)
        """Knows which texts are commands."""
        self.used: Callable[[str], None] = lambda _: None
        """Called with the name of each command that was run."""
        self.failed: Callable[[Context, Exception], None] = lambda _context, _error: None
        """Called for each command that failed with what nobody foresaw."""
        self._invoke = invoke
        self._database = database
        self._clock = clock

    def start(self, context: Context, message_id: str, channel: ChatChannel) -> None:
        """Run the command that a message asks for, in a task of the channel's."""
        channel.commands.spawn(self._run(context, message_id), COMMAND_SECONDS)

    async def reply_to_error(self, context: Context, error: Exception) -> None:
        """Say in chat what went wrong, in one sentence; nothing where the command did nothing by design."""
        command = context.found_command
        component = command.component if command is not None else None
        cog = cog_name(type(component).__module__) if component is not None else ""
        sentence = reply_for(error, usage(command, self.prefix), cog)
        if is_fault(sentence):
            self.failed(context, error)
        if sentence is not None:
            await context.reply(sentence)

    async def _run(self, context: Context, message_id: str) -> None:
        # The key is set before the claim: whatever the command writes, it writes together with this message's id.
        use_idempotency_key(message_id, self._clock.now())
        command_audience.set("everyone")
        begin_act(None)
        try:
            # Where processes share a database each hears the message; the one that claims its id answers.
            if await claim_command(self._database, message_id, self._clock.now()):
                await self._invoke(context)
                await write_act(self._database)
                if context.found_command is not None:
                    self.used(context.found_command.name)
        except Exception as exc:  # noqa: BLE001 - the edge: whatever a command did not foresee ends here
            await self.reply_to_error(context, exc)
