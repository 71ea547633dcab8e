"""``bot.moderation``: deletes messages, times people out and warns them, on both platforms."""

import logging
from collections.abc import Awaitable

from pixel_bot.bot.cog_services.joystick_moderation import JoystickModeration
from pixel_bot.bot.cog_services.twitch_api import NotThere, PlatformRefused, TwitchApi, person_on
from pixel_bot.bot.cogs.filtering import LONGEST_TIMEOUT, Block
from pixel_bot.bot.context import Context
from pixel_bot.db.engine import Database
from pixel_bot.model.heard_chat import ChatMessage
from pixel_bot.model.people import Person, Platform, Viewer, platform_of, platform_of_name
from pixel_bot.platforms.twitch.scopes import BANS, MESSAGES, WARNINGS
from pixel_bot.texts import fit
from pixel_bot.wording.texts import texts

_ = texts(__name__)
log = logging.getLogger(__name__)

LONGEST_REASON = 500
"""Characters that Twitch takes."""


class Moderation:
    """What a mod does, done by a cog. Each method raises ``PlatformRefused``: its sentence says why it did not happen.

    On Twitch it needs the streamer's yes: a cog names the ``scopes``. On Joystick.tv a timeout is a mute that is lifted
    when its time is over, and a warning is a whisper.
    """

    def __init__(self, twitch: TwitchApi, joystick: JoystickModeration, database: Database) -> None:
        self._twitch = twitch
        self._joystick = joystick
        self._database = database

    async def delete(self, message: ChatMessage | Context | str) -> None:
        """Delete a message from chat (``moderator:manage:chat_messages``).

        Args:
            message: as a listener or a filter gets it, a command's context, or a message's id.

        Raises:
            PlatformRefused: it is older than six hours, by a mod, or gone; or the platform cannot be asked.
        """
        message_id = message.chat_message.id if isinstance(message, Context) else message
        message_id = message_id.id if isinstance(message_id, ChatMessage) else message_id
        if platform_of(message_id) == "joystick":
            await self._joystick.delete(message_id)
            return
        asked = {**self._us(), "message_id": message_id}
        await self._twitch.ask(
            _("delete messages"),
            MESSAGES,
            lambda helix: helix.call("DELETE", "moderation/chat", "broadcaster", **asked),
        )

    async def timeout(self, viewer: Viewer | Person, seconds: float, reason: str = "") -> None:
        """Nobody hears somebody for a while, and what they wrote goes from chat (``moderator:manage:banned_users``).

        Args:
            viewer: who.
            seconds: for how long, up to two weeks.
            reason: is shown to them.

        Raises:
            PlatformRefused: they are a mod; or the platform cannot be asked.
            ValueError: ``seconds`` is no such time.
        """
        if not 1 <= seconds <= LONGEST_TIMEOUT:
            raise ValueError(f"A timeout takes 1 to {LONGEST_TIMEOUT:.0f} seconds, not {seconds}.")
        who = await self._person(viewer)
        if who.platform == "joystick":
            await self._joystick.timeout(who, seconds)
            return
        body = {"data": {"user_id": who.platform_id, "duration": int(seconds), "reason": fit(reason, LONGEST_REASON)}}
        await self._twitch.ask(
            _("time anybody out"),
            BANS,
            lambda helix: helix.call("POST", "moderation/bans", "broadcaster", body, **self._us()),
        )

    async def warn(self, viewer: Viewer | Person, reason: str) -> None:
        """Warn somebody, who has to accept it before they write again (``moderator:manage:warnings``).

        Args:
            viewer: who.
            reason: is shown to them.

        Raises:
            PlatformRefused: they are a mod; or the platform cannot be asked.
        """
        who = await self._person(viewer)
        if who.platform == "joystick":
            await self._joystick.warn(who, reason)
            return
        body = {"data": {"user_id": who.platform_id, "reason": fit(reason, LONGEST_REASON)}}
        await self._twitch.ask(
            _("warn anybody"),
            WARNINGS,
            lambda helix: helix.call("POST", "moderation/warnings", "broadcaster", body, **self._us()),
        )

    async def enforce(self, message: ChatMessage, block: Block, cog: str) -> None:
        """Do what a filter asked for. Mods and the streamer are never deleted or timed out."""
        if "mod" in message.roles or "streamer" in message.roles:
            return
        if block.delete:
            await self._logged(self.delete(message), cog)
        if block.timeout >= 1:
            await self._logged(self.timeout(message.viewer, block.timeout, block.reason), cog)

    async def _logged(self, work: Awaitable[None], cog: str) -> None:
        """Without the streamer's yes, or while the platform is away, the message is still blocked."""
        try:
            await work
        except PlatformRefused as exc:
            log.warning("The cog %s blocked a message. %s", cog, exc)

    async def _person(self, viewer: Viewer | Person) -> Person:
        if isinstance(viewer, Person):
            return viewer
        home = platform_of_name(viewer.name)
        other: Platform = "twitch" if home == "joystick" else "joystick"
        try:
            return await person_on(home, viewer, self._database)
        except NotThere:
            return await person_on(other, viewer, self._database)

    def _us(self) -> dict[str, str]:
        """The streamer moderates their own channel: so it works whether the bot is a mod or not."""
        return {"broadcaster_id": self._twitch.owner_id, "moderator_id": self._twitch.owner_id}
