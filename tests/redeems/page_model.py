"""The overlay page in a few lines: it plays each id once, remembers, and acknowledges again."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from pixel_bot.overlay.overlay import Overlay
from pixel_bot.overlay.pages import Ack, AckState, OverlayPage, PageState

Message = Mapping[str, Any]


class Page:
    """What the real page does with ids, over whatever carries its words.

    ``tell`` takes an ack, and returns False when there is no connection: then it is kept for the next greeting. Unless
    ``by_itself`` the test says when an effect begins and ends; with a ``trouble`` set it breaks off by itself instead.
    ``ended`` counts how often each id was played to its end.
    """

    def __init__(self, tell: Callable[[Message], bool], *, by_itself: bool = True) -> None:
        self._tell = tell
        self.by_itself = by_itself
        self.trouble = ""
        self.visible = True
        self.asked: list[Message] = []
        self.playing: dict[str, bool] = {}
        """Ids under way; True once they have begun."""
        self.finished: set[str] = set()
        self.ended: Counter[str] = Counter()
        self.kept: list[Message] = []

    def hear(self, message: Message) -> None:
        """The bot says something."""
        match message:
            case {"type": "play", "id": str(token)}:
                self.asked.append(message)
                self._play(token)
            case {"type": "stop", "id": str(token)}:
                self.playing.pop(token, None)
            case {"type": "stop"}:
                self.playing.clear()
            case _:
                return

    def greeted(self) -> None:
        """There is a connection again: what was kept is said."""
        kept, self.kept = self.kept, []
        for ack in kept:
            self._say(ack)

    def begin(self, token: str) -> None:
        """An effect begins."""
        self.playing[token] = True
        self._ack(token, "started", seconds=1.0)

    def end(self, token: str) -> None:
        """An effect was played to its end."""
        del self.playing[token]
        self.finished.add(token)
        self.ended[token] += 1
        self._ack(token, "finished")

    def fail(self, token: str, reason: str) -> None:
        """An effect breaks off."""
        del self.playing[token]
        self._ack(token, "failed", reason=reason)

    def hide(self) -> None:
        """Nobody can see the page: nothing plays."""
        self.visible = False
        for token in tuple(self.playing):
            self.fail(token, "hidden")

    def _play(self, token: str) -> None:
        if token in self.finished:
            self._ack(token, "finished")
        elif token in self.playing:
            if self.playing[token]:
                self._ack(token, "started", seconds=1.0)
        elif not self.visible:
            self._ack(token, "failed", reason="hidden")
        else:
            self.playing[token] = False
            if self.by_itself:
                self.begin(token)
                if self.trouble:
                    self.fail(token, self.trouble)
                else:
                    self.end(token)

    def _ack(self, token: str, state: str, **more: object) -> None:
        self._say({"do": "ack", "id": token, "state": state, **more})

    def _say(self, ack: Message) -> None:
        if not self._tell(ack):
            self.kept.append(ack)


class NearPage(Page):
    """A page in the test's own process. It outlives the bots that it connects to."""

    def __init__(self, name: str = "near", *, by_itself: bool = True) -> None:
        super().__init__(self._to_bot, by_itself=by_itself)
        self.name = name
        self._overlay: Overlay | None = None
        self._screen: OverlayPage | None = None

    async def connect(self, overlay: Overlay) -> None:
        """It opens, or comes back."""
        screen = OverlayPage(self.name, self._from_bot, state=PageState.of(visible=self.visible, sound=True))
        self._overlay, self._screen = overlay, screen
        await overlay.join(screen)
        self.greeted()

    def lose(self, *, for_good: bool = False) -> None:
        """The connection ends; ``for_good`` when the page says good-bye first."""
        overlay, screen = self._overlay, self._screen
        self._overlay = self._screen = None
        if overlay is not None and screen is not None:
            overlay.leave(screen, for_good=for_good)

    @property
    def connected(self) -> bool:
        """True while a bot hears it."""
        return self._overlay is not None

    def look(self, *, visible: bool) -> None:
        """It is hidden or shown."""
        if visible:
            self.visible = True
        else:
            self.hide()
        if self._overlay is not None and self._screen is not None:
            self._overlay.update(self._screen, visible=visible, sound=True)

    async def _from_bot(self, message: Message) -> None:
        self.hear(message)

    def _to_bot(self, ack: Message) -> bool:
        if self._overlay is None or self._screen is None:
            return False
        sent = Ack(AckState(ack["state"]), ack.get("seconds", 0.0), ack.get("reason", ""))
        self._overlay.ack(ack["id"], sent, self._screen)
        return True
