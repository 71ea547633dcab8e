"""``@redeem``: a command that costs points. The body decides, the core charges and makes it happen."""

import functools
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from inspect import iscoroutinefunction, signature
from typing import Any

from typing_extensions import override

from pixel_bot.bot.command import PixelCommand, as_method
from pixel_bot.model.on_page import OnPage
from pixel_bot.model.outcome import Lane, Moment, Outcome, owned_by
from pixel_bot.redeems.earlier_items import Earlier
from pixel_bot.redeems.hooks import Hooks
from pixel_bot.redeems.offers import Offer

DoneMethod = Callable[..., Awaitable[str | Outcome | None]]


class RedeemCommand(PixelCommand):
    """A command that costs points; ``offer`` has its defaults."""

    offer: Offer
    _done_name = ""
    _refund_name = ""
    _missed_name = ""
    _earlier_name = ""

    def on_done(self, method: DoneMethod) -> DoneMethod:
        """Decorator: the method gets ``(tx, bought)`` in the transaction that ends an item whose effect happened.

        ``bought`` has the viewer's id and what ``on_buy`` kept. A sentence that it returns is told afterwards; an
        ``Outcome`` has a sentence and an effect that follows at no cost. It is for redeems whose outcomes have an
        ``on_buy``.
        """
        self._done_name = method.__name__
        return method

    def on_refund(self, method: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Decorator: the method gets ``(tx, bought)`` in the transaction that gives an item back.

        It takes back what ``on_buy`` did; the price goes back by itself.
        """
        self._refund_name = method.__name__
        return method

    def on_missed(self, method: Callable[..., Awaitable[str | None]]) -> Callable[..., Awaitable[str | None]]:
        """Decorator: the method gets ``(tx, bought)`` when the effect that followed at no cost did not happen.

        ``bought`` has what was kept with the purchase. A sentence that it returns is told with the reason.
        """
        self._missed_name = method.__name__
        return method

    def from_earlier(self, method: Callable[..., Earlier | None]) -> Callable[..., Earlier | None]:
        """Decorator: the method reads unfinished items that an earlier version of the redeem has put into the queue.

        It gets the effect, None where that is none of today's, and all that was stored, and returns an ``Earlier``, or
        None to leave the item as it is.
        """
        self._earlier_name = method.__name__
        return method

    def hooks_of(self, cog: object) -> Hooks:
        """Those methods, of this cog."""
        names = (self._done_name, self._refund_name, self._missed_name, self._earlier_name)
        return Hooks(*(getattr(cog, name) if name else None for name in names))

    @override
    async def before_parsing(self, context: Any) -> None:
        """What can be refused without looking at the input is refused first."""
        await context.bot.shop.check(self.offer, context.viewer, exempt=context.is_exempt, mod=context.is_mod)

    @override
    def handles_error(self, context: Any, error: Exception) -> bool:
        """A redemption's context handles refusals itself, because it gives channel points back."""
        return context.handles_refusal(error)


def redeem(
    key: str = "",
    *,
    name: str = "",
    cost: int = 0,
    cooldown: int = 0,
    everyone_cooldown: int = 0,
    lane: Lane = "effect",
    counts_from: Moment = "done",
    aliases: Sequence[str] = (),
    usage: str | None = None,
    price: str = "",
    final: str = "",
    random_payout: bool = False,
    page: OnPage | None = None,
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
        lane: whose room in the queue it takes: ``effect``, ``tts``, or one of its own, whose items play one after
            another and beside those of other lanes.
        counts_from: the moment from which it counts, and is never given back: once it is ``bought``, once its effect
            has ``begun``, or, as usual, once that is ``done``.
        aliases: other names for it.
        usage: what is typed after the name, like ``TEXT``; from the parameters when left out.
        price: what it costs in words, like ``what you bid``, where its outcomes have a ``cost`` of their own.
        final: a sentence with which a mod's ``!refund`` is refused once it counts.
        random_payout: whether what it brings depends on chance. While there are games with points, channel points do
            not pay for it.
        page: how the sandbox's page shows it.

    Raises:
        TypeError: the method is not ``async``.
        ValueError: the key or a number cannot be used.
    """

    def wrap(method: Callable[..., Awaitable[Outcome]]) -> RedeemCommand:
        if not iscoroutinefunction(method):
            raise TypeError(f"The redeem {method.__qualname__} must be an async method.")
        chosen = key or method.__name__
        has_words = len(signature(method).parameters) > 2  # beside the cog and the context
        title = name or chosen.replace("_", " ").title()
        offer = Offer(chosen, title, cost, cooldown, everyone_cooldown, lane, counts_from, price, method.__module__)
        offer = replace(offer, final=final, has_words=has_words, random_payout=random_payout, page=page or offer.page)
        return _command_for(offer, method, aliases, {} if usage is None else {"usage": usage})

    return wrap


def _command_for(offer: Offer, method: Any, aliases: Sequence[str], extras: dict[str, Any]) -> RedeemCommand:
    command = RedeemCommand(_buying(offer, method), name=offer.key, aliases=list(aliases), extras=extras)
    command.offer = offer
    return command


def _buying(offer: Offer, method: Callable[..., Awaitable[Outcome]]) -> Callable[..., Coroutine[Any, Any, None]]:
    """The method, and then the purchase of what it decides."""

    as_method(method)

    @functools.wraps(method)
    async def buy(cog: Any, ctx: Any, *args: Any, **kwargs: Any) -> None:
        outcome = await method(cog, ctx, *args, **kwargs)
        owned = owned_by(outcome.effect, ctx.bot.cogs.owner_of(cog))
        await ctx.buy(offer, replace(outcome, effect=owned))

    return buy


def offers_of(commands: Iterable[Any], *, is_game: bool = False) -> list[Offer]:
    """What these commands offer for points; ``is_game`` where their cog is a game."""
    return [replace(command.offer, is_game=is_game) for command in redeems_of(commands)]


def redeems_of(commands: Iterable[Any]) -> list[RedeemCommand]:
    """Those of these commands that are redeems."""
    return [command for command in commands if isinstance(command, RedeemCommand)]
