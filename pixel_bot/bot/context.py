"""Our context: who typed, as the database knows them, and answers that keep the platform's limits."""

from collections.abc import Sequence
from typing import Any, Protocol

import twitchio
from twitchio.models.chat import SentMessage
from typing_extensions import override

from pixel_bot.accounts.people import Asker, People
from pixel_bot.bot.channel import ChatChannel
from pixel_bot.bot.cogs.command_table import CommandTable
from pixel_bot.bot.cogs.given_roles import GivenRole
from pixel_bot.bot.cogs.runtime import CogRuntime
from pixel_bot.bot.receipts import held_words, receipt_words
from pixel_bot.bot.twitchio_internals import ContextInternals
from pixel_bot.earning.awards import Awards
from pixel_bot.model.heard_chat import ChatRole
from pixel_bot.model.names import Mention
from pixel_bot.model.outcome import Effect, Outcome, PlaySound, Speak
from pixel_bot.model.outgoing import Outgoing, Rank
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.overlay.overlay import Overlay
from pixel_bot.platforms.twitch.events.chat_details import roles_of
from pixel_bot.points.viewers import Viewers
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.queue import Queue
from pixel_bot.redeems.approvals import WAITING
from pixel_bot.redeems.channel_points import RedemptionRef
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order, Shop
from pixel_bot.redeems.uses import UseCounts
from pixel_bot.settings import Settings
from pixel_bot.texts import duration
from pixel_bot.variables.call import VariableSource
from pixel_bot.wording.texts import texts

_ = texts(__name__)


class ContextBot(Protocol):
    """The bot, as far as a context needs it."""

    settings: Settings
    awards: Awards
    viewers: Viewers
    people: People
    shop: Shop
    overlay: Overlay
    queue: Queue
    dispatcher: Dispatcher
    channels: dict[Platform, ChatChannel]
    runtime: CogRuntime
    command_table: CommandTable

    @property
    def uses(self) -> UseCounts:
        """How often sounds, voices and commands were used."""
        ...


class Context(ContextInternals):
    """What a command gets. ``viewer`` is the one who typed, ``reply`` answers, ``send`` just says."""

    viewer: Viewer
    platform: Platform = "twitch"
    """Where it was typed, and is answered."""
    _said = 0
    """Sentences that this command has said."""
    can_whisper = False
    """Whether ``whisper`` reaches the one who typed."""
    redemption_ref: RedemptionRef | None = None
    """What Twitch took for a redeem, where it took channel points."""

    @property
    @override
    def bot(self) -> Any:
        """The bot, with its services. A cog has it typed, as ``self.bot``."""
        return super().bot

    @property
    def _pixel_bot(self) -> ContextBot:
        return self.bot

    @property
    @override
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
    def roles(self) -> frozenset[ChatRole]:
        """What the one who typed is in this channel: ``streamer``, ``mod``, ``vip``, ``sub``. Empty for others."""
        return roles_of([badge.set_id for badge in self.chat_message.badges])

    async def has_given(self, roles: Sequence[GivenRole]) -> bool:
        """Whether cogs gave the one who typed any of these roles."""
        given = self._pixel_bot.runtime.roles
        return any([await given.has(role, self.viewer) for role in roles])

    @property
    def is_exempt(self) -> bool:
        """True for those who do not wait for cooldowns of redeems: mods and the streamer, unless set otherwise."""
        return self.is_mod and not self._pixel_bot.settings.redeem_mods_wait

    def handles_refusal(self, error: Exception) -> bool:
        """True for a context that takes errors of a redeem upon itself; else chat hears them as usual."""
        return False

    @property
    def emotes(self) -> list[str]:
        """Names of the Twitch emotes in the message."""
        return [f.text for f in self.chat_message.fragments if f.type == "emote"]

    @property
    def mentions(self) -> list[Mention]:
        """The people whom the message mentions, as Twitch read it."""
        found = ((f.text, f.mention) for f in self.chat_message.fragments if f.type == "mention")
        return [Mention(text, who.id, who.name or "", who.display_name or "") for text, who in found if who is not None]

    async def find_viewer(self, typed: str) -> Viewer:
        """Whom the one who typed this means by a name; ``KnownViewer`` does it for an argument.

        Raises:
            UnknownViewer, AmbiguousName, CannotLookUp: nobody can be found by it.
        """
        asker = Asker(self.platform, self.mentions, may_ask_twitch=self.is_mod)
        return await self._pixel_bot.people.find(typed, asker)

    @override
    async def prepare(self) -> None:
        """Find the command, and the viewer's row. Runs before guards and converters."""
        await super().prepare()
        if self.found_command is not None:
            await self._pixel_bot.awards.flushed_for(self.person)
            self.viewer = await self._pixel_bot.viewers.meet(self.person)

    async def buy(self, offer: Offer, outcome: Outcome) -> None:
        """Charge for a redeem and queue it, then say so. Redeems do this by themselves.

        Raises:
            RedeemRefused, NotEnoughPoints: nothing was charged.
        """
        await self._pixel_bot.dispatcher.effect_check.check(outcome.effect)
        message, author = self.chat_message.id, self.chatter.id
        approvals = self._pixel_bot.dispatcher.approvals
        approval = await approvals.needed(outcome.effect, self.person, self.viewer, is_mod=self.is_mod)
        order = Order(
            offer,
            self.viewer,
            outcome.effect,
            self.is_exempt,
            None if self.redemption_ref else message,
            redemption=self.redemption_ref,
            withdrawn=lambda: self._pixel_bot.queue.was_removed(message, author),
            approval=approval,
            on_buy=outcome.on_buy,
            cost=outcome.cost,
        )
        receipt = await self._pixel_bot.shop.buy(order)
        self._note_use(outcome.effect)
        if approval == WAITING:
            words = held_words(receipt, mods_are_away=approvals.mods_are_away)
        else:
            paused, overlay = self._pixel_bot.dispatcher.paused, self._pixel_bot.overlay
            words = receipt_words(outcome, receipt, offer, paused, overlay)
        paid = receipt.cost > 0 or self.redemption_ref is not None
        if words:  # what costs no points, and answers by what it does, needs no receipt
            await self._put(words, me=False, reply_to=self.chat_message.id, paid=paid, interim=outcome.interim)

    def _note_use(self, effect: Effect) -> None:
        """For the order of the lists of sounds and voices."""
        match effect:
            case PlaySound(name=name):
                self._pixel_bot.uses.note("sound", name)
            case Speak(voice=voice) if voice:
                self._pixel_bot.uses.note("voice", voice)
            case _:
                return

    @override
    async def reply(self, content: str, *, me: bool = False) -> SentMessage:
        """Answer the message. Too long an answer is cut at a word; under pressure a free one may be dropped."""
        plain = self._pixel_bot.command_table.rule_of(self.found_command).reply is False
        return await self._put(content, me=me, reply_to=None if plain else self.chat_message.id)

    def source(self, text: str = "") -> VariableSource:
        """For whom ``bot.render`` fills a text in: who typed this.

        Args:
            text: what they typed after the command's name.
        """
        command, who = self.found_command, self.person
        return VariableSource(
            self.chat_message.id,
            command.name if command is not None else "",
            text,
            who.login,
            who.display_name,
            who.platform_id,
            self.platform,
            tuple(sorted(self.roles)),
            tuple(self.emotes),
        )

    @override
    async def send(self, content: str, *, me: bool = False) -> SentMessage:
        """Say something in the channel."""
        return await self._put(content, me=me, reply_to=None)

    async def confirm(self, question: str, *, seconds: float = 30) -> bool:
        """Ask the one who typed, and wait for their yes or no in chat.

        Args:
            question: what is asked; ``Type yes or no within 30s.`` is added to it.
            seconds: how long. Then, and when they are asked something else, it counts as no.

        Returns:
            Whether they said yes.
        """
        confirmations = self._pixel_bot.runtime.confirmations
        asked = confirmations.open(self.person.key, seconds)
        how = _("Type yes or no within {time}.", time=duration(seconds))
        await self.reply(f"{question} {how}")
        return await confirmations.wait(asked, self._pixel_bot.channels[self.platform].commands.set_aside)

    async def whisper(self, content: str) -> bool:
        """Say something to the one who typed, and to nobody else.

        Returns:
            Whether it was said; never where ``can_whisper`` is False.
        """
        return False

    @property
    def rank(self) -> Rank:
        """How soon the one who typed is answered, where answers have to wait."""
        if self.is_broadcaster:
            return Rank.STREAMER
        return Rank.MOD if self.is_mod else Rank.VIEWER

    @property
    def asker_key(self) -> str:
        """Who typed, for the fair share of each asker."""
        return f"{self.platform}:{self.person.platform_id}"

    async def _put(
        self, content: str, *, me: bool, reply_to: str | None, paid: bool = False, interim: bool = False
    ) -> SentMessage:
        self._said += 1
        # Numbered, so that the second sentence of one command is not taken for a repeat of the first.
        question = f"{self._said} {' '.join(self.chat_message.text.casefold().split())}"
        message = Outgoing(
            f"/me {content}" if me else content,
            reply_to,
            paid,
            asker=self.asker_key,
            asker_name=self.person.display_name,
            rank=self.rank,
            question=question,
            interim=interim,
        )
        sent = await self._pixel_bot.channels[self.platform].outbox.put(message)
        return SentMessage({"message_id": sent or "", "is_sent": sent is not None, "drop_reason": None})  # pyright: ignore[reportArgumentType]
