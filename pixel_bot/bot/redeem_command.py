"""``@redeem``: a command that costs points. The body decides, the core charges and makes it happen."""

import functools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from inspect import iscoroutinefunction
from typing import Any

from pixel_bot.bot.command import PixelCommand
from pixel_bot.model.outcome import Lane, Outcome
from pixel_bot.redeems.catalogue import Offer


class RedeemCommand(PixelCommand):
    """A command that costs points; ``offer`` has its defaults."""

    offer: Offer

    async def _invoke(self, context: Any) -> Any:
        """What can be refused without looking at the input is refused first."""
        await context.bot.shop.check(self.offer, context.viewer, exempt=context.is_exempt, mod=context.is_mod)
        return await super()._invoke(context)

    async def _dispatch_error(self, context: Any, exception: Any) -> None:
        """A context that settles its own refusals gets to know of them here; for others it is as usual."""
        if not context.handles_refusal(exception):
            await super()._dispatch_error(context, exception)


def redeem(
    key: str = "",
    *,
    name: str = "",
    cost: int = 0,
    cooldown: int = 0,
    everyone_cooldown: int = 0,
    lane: Lane = "effect",
    aliases: Sequence[str] = (),
    usage: str | None = None,
) -> Callable[[Callable[..., Awaitable[Outcome]]], RedeemCommand]:
    """Decorator: the method is a command that costs points, and returns an ``Outcome``.

    It runs before any point moves, so it may refuse by raising, at no cost. Then debit, cooldown and queue item are
    written together, and chat hears what the outcome says.

    Args:
        key: its name as a command and in the table ``redeems``; the method's name when left out.
        name: what people call it; made from the key when left out.
        cost: points. This and the cooldowns are defaults: once the row is there, it belongs to the streamer.
        cooldown: seconds before the same viewer may use it again.
        everyone_cooldown: seconds before anybody may.
        lane: whose room in the queue it takes: ``tts``, ``wheel`` or ``effect``.
        aliases: other names for it.
        usage: what is typed after the name, like ``TEXT``; from the parameters when left out.

    Raises:
        TypeError: the method is not ``async``.
        ValueError: the key or a number cannot be used.
    """

    def wrap(method: Callable[..., Awaitable[Outcome]]) -> RedeemCommand:
        if not iscoroutinefunction(method):
            raise TypeError(f"The redeem {method.__qualname__} must be an async method.")
        chosen = key or method.__name__
        offer = Offer(chosen, name or chosen.replace("_", " ").title(), cost, cooldown, everyone_cooldown, lane)

        @functools.wraps(method)
        async def buy(cog: Any, ctx: Any, *args: Any, **kwargs: Any) -> None:
            await ctx.buy(offer, await method(cog, ctx, *args, **kwargs))

        command = RedeemCommand(
            buy, name=chosen, aliases=list(aliases), extras={} if usage is None else {"usage": usage}
        )
        command.offer = offer
        return command

    return wrap


def offers_of(commands: Iterable[Any]) -> list[Offer]:
    """What these commands offer for points."""
    return [c.offer for c in commands if isinstance(c, RedeemCommand)]
