"""An overlay page: what it can play, and how it acknowledges what it played."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class AckState(StrEnum):
    """What became of an effect, in the words of the overlay's protocol."""

    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    LOST = "lost"
    """The page is gone. Pages never send this one."""


class PageState(Enum):
    """What an overlay page can play."""

    HIDDEN = "hidden"
    """Nothing: a page that is not visible is paused."""
    MUTED = "muted"
    """Effects without sound: the browser blocks its sound."""
    AUDIBLE = "audible"
    """Everything."""

    @classmethod
    def of(cls, *, visible: bool, sound: bool) -> "PageState":
        """The state of a page that is visible or not, with its sound allowed or blocked."""
        if not visible:
            return cls.HIDDEN
        return cls.AUDIBLE if sound else cls.MUTED


@dataclass(frozen=True, slots=True)
class Ack:
    """A page's acknowledgement. ``seconds`` is the effect's length where known; ``reason`` says why it failed.

    ``detail`` is what a cog's own art has raised.
    """

    state: AckState
    seconds: float = 0.0
    reason: str = ""
    detail: str = ""


@dataclass(eq=False, slots=True)
class OverlayPage:
    """An open overlay page. ``obs`` is True for one in OBS, which is on stream."""

    id: str
    send: Send
    obs: bool = False
    state: PageState = PageState.AUDIBLE

    def can_play(self, *, needs_sound: bool) -> bool:
        """Whether the page can play an effect, with or without sound."""
        return self.state is PageState.AUDIBLE or (self.state is PageState.MUTED and not needs_sound)
