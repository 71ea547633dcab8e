"""What goes wrong around the bot, at drawn moments."""

from collections.abc import Awaitable, Callable

from pixel_bot.testing.sim.plan import Plan, Trouble
from pixel_bot.testing.sim.series import Event, series
from pixel_bot.testing.sim.troubles import chat, connection, death, machine
from pixel_bot.testing.sim.troubles.world import World

__all__ = ["Troubles", "World"]

Kind = Callable[[World, Event], Awaitable[None]]

KINDS: dict[Trouble, Kind] = {
    Trouble.KILL: death.kill,
    Trouble.KILL_AT_COMMIT: death.kill_at_commit,
    Trouble.KILL_AT_STEP: death.kill_at_step,
    Trouble.STOP: death.stop,
    Trouble.REFUSED: chat.refuse,
    Trouble.DROPPED: chat.enforce_rules,
    Trouble.TOKENS: chat.end_token,
    Trouble.CUT: connection.cut,
    Trouble.SILENT: connection.fall_silent,
    Trouble.MOVED: connection.ask_to_move,
    Trouble.CLOSED: connection.close,
    Trouble.REVOKED: connection.revoke,
    Trouble.TWICE: connection.repeat,
    Trouble.LATE: connection.hold_back,
    Trouble.DISK: machine.break_disk,
    Trouble.LOCKED: machine.lock_database,
    Trouble.LOST_FILE: machine.lose_file,
    Trouble.CLOCK: machine.set_clock,
    Trouble.SLEEP: machine.sleep,
    Trouble.CLOSED_PAGE: chat.close_page,
}


class Troubles:
    """All kinds of trouble that a plan asks for.

    Args:
        world: where they happen.
        plan: which kinds, and how often.
    """

    def __init__(self, world: World, plan: Plan) -> None:
        self._world = world
        self._plan = plan

    def all(self) -> list[Awaitable[None]]:
        """One endless coroutine for each kind in the plan."""
        return [self._again(kind, mean) for kind, mean in self._plan.every.items()]

    def end(self) -> None:
        """Nothing goes wrong any more. What the troubles themselves did not set right is set right here."""
        channel = self._world.channel
        channel.twitch.faults.clear()
        channel.commits.kill_no_more()
        if channel.life is not None:
            channel.life.die_in(0)

    async def _again(self, kind: Trouble, mean: float) -> None:
        async for event in series(self._plan, kind, mean):
            await KINDS[kind](self._world, event)
