"""An overlay page in the test's own process: it plays at once, or as the test has it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pixel_bot.overlay.overlay import Overlay
from pixel_bot.overlay.pages import Ack, AckState, OverlayPage

Message = Mapping[str, Any]


class FakeOverlay:
    """A page that remembers what it was asked to play, in ``played``, and acknowledges it.

    With ``plays`` set to False it says nothing by itself: the test calls ``started``, ``finished`` or ``failed``.
    """

    def __init__(self, overlay: Overlay, page: str = "fake", *, obs: bool = False) -> None:
        self._overlay = overlay
        self._page = OverlayPage(page, self._on_message, obs=obs)
        self.played: list[Message] = []
        self.stopped: list[str] = []
        """Ids that were taken off the page; an empty one stands for everything."""
        self.alerts: list[Message] = []
        self.widgets: dict[str, Any] = {}
        """The states of the widgets that the page shows, by name."""
        self.plays = True
        self._asked = asyncio.Event()

    async def open(self) -> None:
        """The page opens, or comes back."""
        await self._overlay.join(self._page)

    def close(self, *, for_good: bool = True) -> None:
        """The page closes; not ``for_good`` when it only lost its connection."""
        self._overlay.leave(self._page, for_good=for_good)

    def hide(self, *, hidden: bool = True, sound: bool = True) -> None:
        """OBS hides the page, or its sound is blocked."""
        self._overlay.update(self._page, visible=not hidden, sound=sound)

    async def asked(self, count: int) -> Message:
        """Wait until the page was asked to play so many effects since the start. Returns the last of them."""
        while len(self.played) < count:
            self._asked.clear()
            await self._asked.wait()
        return self.played[count - 1]

    def started(self, seconds: float = 1.0) -> None:
        """The last effect has begun."""
        self._ack(Ack(AckState.STARTED, seconds))

    def finished(self) -> None:
        """The last effect was played to its end."""
        self._ack(Ack(AckState.FINISHED))

    def failed(self, reason: str = "error", detail: str = "") -> None:
        """The last effect could not be played; ``detail`` is what a cog's own art raised."""
        self._ack(Ack(AckState.FAILED, reason=reason, detail=detail))

    def _ack(self, ack: Ack) -> None:
        self._overlay.ack(self.played[-1]["id"], ack, self._page)

    async def _on_message(self, message: Message) -> None:
        match message["type"]:
            case "play":
                self.played.append(message)
                self._asked.set()
                if self.plays:
                    self.started()
                    self.finished()
            case "stop":
                self.stopped.append(message.get("id", ""))
            case "widget" if message["state"] is None:
                self.widgets.pop(message["name"], None)
            case "widget":
                self.widgets[message["name"]] = message["state"]
            case "alert":
                self.alerts.append(message)
            case _:
                return
