"""Handles channel events such as follows, subs and cheers: pays each once, then tells cogs, chat and the overlay."""

import json
import logging
from collections.abc import Callable
from typing import Any

from pixel_bot.bot.channel import ChatChannel
from pixel_bot.db.cluster import Cluster
from pixel_bot.earning.awards import Awards
from pixel_bot.earning.event_awards import award_for
from pixel_bot.model.channel_events import ChannelEvent, Entrance, Sub, alert_words
from pixel_bot.overlay.overlay import Overlay
from pixel_bot.settings import Settings

log = logging.getLogger(__name__)

Publish = Callable[[str, Any], None]
"""Starts the listeners of an event, by its name."""


class ChannelEventHandler:
    """Pays for events, and lets everybody know.

    Args:
        awards, settings: what an event pays.
        overlay, cluster: where its alert is shown: on a page of this process, else of another one.
        publish: starts the cogs' listeners.
    """

    def __init__(
        self, awards: Awards, settings: Settings, overlay: Overlay, cluster: Cluster, publish: Publish
    ) -> None:
        self._awards = awards
        self._settings = settings
        self._overlay = overlay
        self._cluster = cluster
        self._publish = publish

    def start(self, event: ChannelEvent, channel: ChatChannel) -> None:
        """Handle an event, in a task of the channel's."""
        channel.payments.spawn(self._handle(event, channel))

    async def _handle(self, event: ChannelEvent, channel: ChatChannel) -> None:
        # Nothing is told before the award is durable; an event that was processed before ends here.
        if not await self._awards.event(award_for(event, self._settings)):
            return
        self._publish(f"safe_{type(event).__name__.lower()}", event)
        if isinstance(event, Entrance):
            return  # people come and go all the time
        log.info("%s: %s", type(event).__name__, event.person.login if event.person else "anonymous")
        channel.thanks.on_event(event)
        if isinstance(event, Sub) and event.gifted:
            return  # the giver's alert stands for all of them
        await self._show_alert(event)

    async def _show_alert(self, event: ChannelEvent) -> None:
        name = event.person.display_name if event.person else "Somebody"
        alert = (type(event).__name__.lower(), name, f"{name} {alert_words(event)}")
        await self._overlay.alert(*alert)
        if not self._overlay.pages:
            self._cluster.publish("alert", json.dumps(alert))  # another process may have a page
