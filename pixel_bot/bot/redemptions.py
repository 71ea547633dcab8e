"""Redeems that Twitch's channel points pay for: a redemption runs the redeem's command, with what was typed to it."""

from collections.abc import Sequence
from typing import Any

from twitchio.models.chat import SentMessage
from typing_extensions import override

from pixel_bot.bot.bot import PixelBot
from pixel_bot.bot.command import command_list, help_line, usage
from pixel_bot.bot.context import Context
from pixel_bot.bot.error_replies import SORRY, may_work_later, reply_for
from pixel_bot.bot.redeem_command import RedeemCommand
from pixel_bot.errors import RedeemOff
from pixel_bot.model.outcome import Outcome
from pixel_bot.points.idempotency import use_idempotency_key
from pixel_bot.redeems.channel_points import (
    ChannelPoints,
    ChannelPointsRedeem,
    RedemptionEvent,
    RewardText,
)
from pixel_bot.redeems.offers import Offer
from pixel_bot.texts import joined, visible
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

BACK = later("Your channel points are back.")
TAKEN = later("Twitch had completed it already, so I cannot give the channel points back; please ask a mod.")
REJECTED = later("A mod rejected it.")
SHOWN_NAMES = 5


def reward_texts(bot: PixelBot) -> dict[str, RewardText]:
    """What the rewards of all loaded redeems say, by key; from the help and the parameters of their commands."""
    return {
        c.offer.key: RewardText(help_line(c), bool(c.parameters))
        for c in command_list(bot)
        if isinstance(c, RedeemCommand)
    }


class RedemptionContext(Context):
    """A command that a redemption gives. It is fixed: nothing that was typed can make it another one."""

    fixed: RedeemCommand
    bought = False
    error: Exception | None = None

    @override
    def handles_refusal(self, error: Exception) -> bool:
        """Kept for ``RedemptionHandler``, which gives the channel points back."""
        self.error = error
        return True

    @override
    async def buy(self, offer: Offer, outcome: Outcome) -> None:
        """As always, but with the redemption."""
        await super().buy(offer, outcome)
        self.bought = True

    @override
    def find_command(self) -> None:
        """Always the same one, whatever was typed."""
        self.fix_command(self.fixed)

    @override
    async def _put(
        self, content: str, *, me: bool, reply_to: str | None, paid: bool = False, interim: bool = False
    ) -> SentMessage:
        """There is no message to reply to, so the viewer is named. It was paid for, so it is never dropped."""
        words = content if reply_to is None else f"@{self.viewer} {content}"
        return await super()._put(words, me=me, reply_to=None, paid=True, interim=interim)


class RedemptionHandler:
    """Works redemptions with the bot's commands."""

    def __init__(self, bot: PixelBot, channel_points: ChannelPoints) -> None:
        self._bot = bot
        self._channel_points = channel_points

    async def work(self, heard: RedemptionEvent, native: ChannelPointsRedeem) -> bool:
        """Run the redeem that a redemption is for. Call it in a task of its own.

        Returns:
            True when the redemption is decided: it has paid for an item, or is refused, and chat knows. False when the
            database could not be reached, and it should be tried again.
        """
        use_idempotency_key(f"redemption:{heard.ref.redemption}", self._bot.clock.now())
        try:
            context = self._context(heard, native)
            await self._bot.invoke(context)
        except Exception as exc:  # noqa: BLE001 - the edge: whatever a command did not foresee gives the points back
            return await self._refuse(heard, exc, native.key)
        if context.bought and context.error is None:
            return True
        return await self._refuse(heard, context.error, native.key)

    async def call_off(self, heard: RedemptionEvent) -> None:
        """It was settled on Twitch: what was rejected there does not run, or stops."""
        item_id = await self._channel_points.settled_on_twitch(heard, _(REJECTED))
        if item_id is not None:
            await self._bot.dispatcher.stop_item(item_id, _(REJECTED))
            self._bot.dispatcher.tell_news()

    async def refuse_late(self, late: Sequence[RedemptionEvent]) -> None:
        """Refuse redemptions that came too long ago, and say so once for all of them."""
        new = [heard for heard in late if await self._channel_points.refuse(heard.ref)]
        if not new:
            return
        names = list(dict.fromkeys(f"@{heard.person.display_name}" for heard in new))
        shown = names[:SHOWN_NAMES]
        if len(names) > SHOWN_NAMES:
            shown.append(_("{n} more", n=len(names) - SHOWN_NAMES))
        late_ones = _(
            "While I was away, a redemption came too late: {names}.",
            "While I was away, {n} redemptions came too late: {names}.",
            n=len(new),
            names=joined(shown) if len(names) > SHOWN_NAMES else ", ".join(shown),
        )
        await self._bot.say(f"{late_ones} {_(BACK)}")

    def _context(self, heard: RedemptionEvent, native: ChannelPointsRedeem) -> RedemptionContext:
        command = self._bot.commands_by_name.get(native.key)
        if not isinstance(command, RedeemCommand):
            raise RedeemOff(native.key)
        if not native.enabled:
            raise RedeemOff(command.offer.title)
        if why := self._bot.redeems.why_not_for_channel_points(native.key):
            raise RedeemOff(command.offer.title, why)
        context: RedemptionContext = self._bot.get_context(self._message(heard, command), cls=RedemptionContext)
        context.fixed = command
        context.redemption_ref = heard.ref
        return context

    def _message(self, heard: RedemptionEvent, command: RedeemCommand) -> Any:
        """The chat message that would ask for the same. It has no badges: who redeems has a viewer's rights."""
        person, owner = heard.person, self._bot.owner_id or self._bot.bot_id
        typed = visible(" ".join(heard.user_input.split()))
        event = {
            "broadcaster_user_id": owner,
            "broadcaster_user_login": "",
            "broadcaster_user_name": "",
            "chatter_user_id": person.platform_id,
            "chatter_user_login": person.login,
            "chatter_user_name": person.display_name,
            "message_id": f"redemption:{heard.ref.redemption}",
            "message": {"text": f"{self._bot.settings.command_prefix}{command.name} {typed}", "fragments": ()},
        }
        return self._bot.twitchio_message({"metadata": {}, "payload": {"event": event, "subscription": {}}})

    async def _refuse(self, heard: RedemptionEvent, error: Exception | None, key: str) -> bool:
        command = self._bot.commands_by_name.get(key)
        sentence = reply_for(error, usage(command, self._bot.settings.command_prefix)) if error else None
        if may_work_later(sentence):
            return False
        # A command that bought before it failed, or that is delivered again, has decided already and stays silent.
        if await self._channel_points.refuse(heard.ref):
            reason = (sentence or _(SORRY)).removesuffix(_("Nothing was charged.")).rstrip()
            back = _(BACK if heard.status == "unfulfilled" else TAKEN)
            await self._bot.say(f"@{heard.person.display_name} {reason} {back}")
        return True
