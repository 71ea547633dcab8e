"""Our context: who typed, as the database knows them, and answers that keep the platform's limits."""

from typing import TYPE_CHECKING, Any

import twitchio
from twitchio.ext import commands
from twitchio.models.chat import SentMessage

from pixel_bot.bot.receipts import receipt_words
from pixel_bot.model.outcome import Outcome, Speak
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.redeems.catalogue import Offer
from pixel_bot.redeems.channel_points import RedemptionRef
from pixel_bot.redeems.shop import Order

if TYPE_CHECKING:
    from pixel_bot.bot.bot import PixelBot


class Context(commands.Context[Any]):
    """What a command gets. ``viewer`` is the one who typed, ``reply`` answers, ``send`` just says."""

    viewer: Viewer
    platform: Platform = "twitch"
    """Where it was typed, and is answered."""
    can_whisper = False
    """Whether ``whisper`` reaches the one who typed."""
    redemption_ref: RedemptionRef | None = None
    """What Twitch took for a redeem, where it took channel points."""

    @property
    def bot(self) -> "PixelBot":
        """The bot, with its services."""
        return self._bot

    @property
    def chatter(self) -> twitchio.Chatter:
        """The one who typed, as Twitch describes them."""
        return self.chat_message.chatter

    @property
    def chat_message(self) -> twitchio.ChatMessage:
        """The message that carries the command."""
        message = self.message
        assert message is not None
        return message

    @property
    def person(self) -> Person:
        """The one who typed, as the platform names them."""
        chatter = self.chatter
        name = chatter.name or chatter.id
        return Person(chatter.id, name, chatter.display_name or name)

    @property
    def is_broadcaster(self) -> bool:
        """True when the streamer typed."""
        return bool(self.chatter.broadcaster)

    @property
    def is_mod(self) -> bool:
        """True when a mod or the streamer typed."""
        return bool(self.chatter.moderator)

    @property
    def is_exempt(self) -> bool:
        """True for those who do not wait for cooldowns of redeems: mods and the streamer, unless set otherwise."""
        return self.is_mod and not self.bot.settings.redeem_mods_wait

    def handles_refusal(self, error: Exception) -> bool:
        """True for a context that takes errors of a redeem upon itself; else chat hears them as usual."""
        return False

    @property
    def emotes(self) -> list[str]:
        """Names of the Twitch emotes in the message."""
        return [f.text for f in self.chat_message.fragments if f.type == "emote"]

    async def prepare(self) -> None:
        """Find the command, and the viewer's row. Runs before guards and converters."""
        await super().prepare()
        if self._command is not None:
            await self.bot.awards.flushed_for(self.person)
            self.viewer = await self.bot.viewers.meet(self.person)

    async def buy(self, offer: Offer, outcome: Outcome) -> None:
        """Charge for a redeem and queue it, then say so. Redeems do this by themselves.

        Raises:
            RedeemRefused, NotEnoughPoints: nothing was charged.
        """
        message, author = self.chat_message.id, self.chatter.id
        order = Order(
            offer,
            self.viewer,
            outcome.effect,
            self.is_exempt,
            None if self.redemption_ref else message,
            redemption=self.redemption_ref,
            withdrawn=lambda: isinstance(outcome.effect, Speak) and self.bot.queue.was_removed(message, author),
        )
        receipt = await self.bot.shop.buy(order)
        words = receipt_words(outcome, receipt, offer, self.bot.dispatcher.paused, self.bot.overlay)
        paid = receipt.cost > 0 or self.redemption_ref is not None
        await self._put(words, me=False, reply_to=self.chat_message.id, paid=paid)

    async def reply(self, content: str, *, me: bool = False) -> SentMessage:
        """Answer the message. Too long an answer is cut at a word; under pressure a free one may be dropped."""
        return await self._put(content, me=me, reply_to=self.chat_message.id)

    async def send(self, content: str, *, me: bool = False) -> SentMessage:
        """Say something in the channel."""
        return await self._put(content, me=me, reply_to=None)

    async def whisper(self, content: str) -> bool:
        """Say something to the one who typed, and to nobody else.

        Returns:
            Whether it was said; never where ``can_whisper`` is False.
        """
        return False

    async def _put(self, content: str, *, me: bool, reply_to: str | None, paid: bool = False) -> SentMessage:
        text = f"/me {content}" if me else content
        sent = await self.bot.channels[self.platform].outbox.put(Outgoing(text, reply_to, paid))
        return SentMessage({"message_id": sent or "", "is_sent": sent is not None, "drop_reason": None})  # pyright: ignore[reportArgumentType]

    def _get_command(self, reset: bool = False) -> None:
        """Find the command, of two words where there is one: ``points add`` before ``points``.

        TwitchIO's own groups would tie such commands to one cog; as names of their own they live in any.
        """
        if self._prepare_called or not self.prefix:
            return
        view: Any = self._view
        view.skip_string(self.prefix)
        view.skip_ws()
        words = self.bot.commands_by_name
        self._invoked_with = first = view.get_word().lower()
        self._command = words.get(first)
        after_first = view.index
        view.skip_ws()
        base = self._command.name if self._command is not None else first
        longer = words.get(f"{base} {view.get_word().lower()}")
        if longer is not None:
            self._command = longer
        else:
            view.index = after_first
        if reset:
            view.reset()
