"""What a redeem decides: a sentence for chat, and an effect. Values only; the core makes them happen."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Protocol, cast

from pixel_bot.errors import PixelError

Lane = str
"""A lane of the queue: ``tts``, ``effect``, or one of a cog's own."""
SPEECH: Lane = "tts"
EFFECTS: Lane = "effect"
SOUNDS = "sound"
"""The track of the lane ``effect`` on which one item plays after another. Other lanes have one track, of their name."""


@dataclass(frozen=True, slots=True)
class ShowOverlay:
    """A card with a text on the overlay for so many ``seconds``.

    Attributes:
        text: what it says.
        sound: one of the cog's folder ``overlay``, else one of ``SOUNDS_DIR``.
        seconds: 1 to 60.
        image: a file of the cog's folder ``overlay``, like ``wave.png``.
        cog: whose folder that is; the bot fills it in.
        approve: True for words that a viewer or a machine wrote: where TTS_APPROVE asks for it, a mod says yes first.
    """

    text: str
    sound: str = ""
    seconds: float = 5.0
    image: str = ""
    cog: str = ""
    approve: bool = False


@dataclass(frozen=True, slots=True)
class OverlayEffect:
    """Art of a cog that is a folder: the overlay page calls ``play(stage, data)`` of its ``overlay/<name>.js``.

    Attributes:
        name: of the module, without its ending.
        data: what it gets, that JSON can hold.
        seconds: 1 to 60. What has not ended by then has failed, and is given back.
        sound: as of ``ShowOverlay``.
        cog: whose folder that is; the bot fills it in.
    """

    name: str
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 5.0
    sound: str = ""
    cog: str = ""


@dataclass(frozen=True, slots=True)
class PlaySound:
    """A sound by name, at a ``volume`` from 0 to 1."""

    name: str
    volume: float = 1.0


@dataclass(frozen=True, slots=True)
class Speak:
    """A text that is read out on the overlay, by the viewer's voice or the streamer's where none is named."""

    text: str
    voice: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Work on the server: the method marked ``@effect(name)``, with arguments that JSON can hold."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])


Effect = ShowOverlay | OverlayEffect | PlaySound | Speak | Run


Moment = Literal["bought", "begun", "done"]
"""From when on a redeem counts, and is never given back: once it is bought, once its effect has begun, or once that
has happened."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What ``on_buy`` returns where the effect depends on it.

    Attributes:
        effect: takes the place of the outcome's effect; one of the same class.
        kept: values that JSON can hold, which are kept with the item.
    """

    effect: Effect
    kept: Mapping[str, Any]


OnBuy = Callable[[Any], Awaitable[Mapping[str, Any] | Decided | None]]
"""What a redeem does in the transaction of its purchase; it gets the transaction."""

COUNTS_FROM = "counts_from"
KEPT = "kept"
FOLLOWS = "follows"
"""Fields of a payload: the moment, where it is not the end; what ``on_buy`` has kept; and, in a free item that follows
another one, what was kept with that one."""

UNHEARD = "unheard_refund"
"""In the payload of an item that was given back while its cog was gone."""


class TypedAmount(Protocol):
    """An amount as a viewer typed it, like ``Amount``."""

    @property
    def value(self) -> Any:
        """A number, or a share of a balance."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the body of a redeem returns: what chat hears after the purchase (may be empty), and what happens.

    Attributes:
        said: what chat hears.
        effect: what happens.
        interim: True where the words only say that an answer follows: while chat is busy they are left out, so that
            they never take the turn of an answer.
        on_buy: an async function that acts in the purchase's own transaction, after the debit. It gets the transaction
            and may return values that JSON can hold, which are kept with the item; or a ``Decided`` with such values
            and another effect. What it raises undoes the purchase.
        cost: the price where it depends, instead of the redeem's: whole points, or an ``Amount`` as it was typed, of
            which ``all``, ``half`` and ``50%`` are parts of the balance at the moment of the charge.

    Raises:
        TypeError, ValueError: the cost is no whole number from zero up.
    """

    said: str
    effect: Effect
    interim: bool = False
    on_buy: OnBuy | None = None
    cost: int | TypedAmount | None = None

    def __post_init__(self) -> None:
        cost: Any = self.cost
        if cost is None or hasattr(cost, "value"):
            return
        if not isinstance(cost, int) or isinstance(cost, bool):
            raise TypeError(f"The cost of an Outcome is whole points or an Amount, and {cost!r} is neither.")
        if cost < 0:
            raise ValueError(f"The cost of an Outcome is a number from zero up, and {cost} is not.")


def owned_by(effect: Effect, cog: str) -> Effect:
    """The effect with the name of the cog that it comes from, where files of that cog may belong to it."""
    return replace(effect, cog=cog) if isinstance(effect, ShowOverlay | OverlayEffect) and not effect.cog else effect


class UnknownEffect(PixelError):
    """An item of the queue holds nothing that we can make happen."""


_NAMES: dict[str, type[Effect]] = {
    "show": ShowOverlay,
    "art": OverlayEffect,
    "sound": PlaySound,
    "speak": Speak,
    "run": Run,
}
_KINDS = {cls: name for name, cls in _NAMES.items()}


def to_payload(effect: Effect) -> dict[str, Any]:
    """The effect as ``queue_items.payload_json`` keeps it."""
    fields = {"name": effect.name, "args": dict(effect.args)} if isinstance(effect, Run) else asdict(effect)
    left_out = {name for name in ("image", "cog", "approve") if not fields.get(name)}
    return {"effect": _KINDS[type(effect)], **{name: value for name, value in fields.items() if name not in left_out}}


def fields_of(payload: Any) -> Mapping[str, Any]:
    """What a payload holds; nothing when it is none of ours."""
    return cast(dict[str, Any], payload) if isinstance(payload, dict) else {}


def from_payload(payload: Any) -> Effect:
    """The effect of a queue item. Fields of other versions are left out.

    Raises:
        UnknownEffect: it is none of ours.
    """
    fields = fields_of(payload)
    cls = _NAMES.get(str(fields.get("effect", "")))
    if cls is None:
        raise UnknownEffect("This item of the queue is not ours.")
    known = {name: fields[name] for name in cls.__dataclass_fields__ if name in fields}
    try:
        return cls(**known)
    except TypeError as exc:
        raise UnknownEffect("This item of the queue is incomplete.") from exc


def lane_of(effect: Effect, declared: Lane = "effect") -> Lane:
    """Speech has a lane of its own, whatever a redeem says; else the lane that it declares."""
    return SPEECH if isinstance(effect, Speak) else declared


def track_of(effect: Effect, lane: Lane) -> str | None:
    """Items of one track run one after another; those without a track side by side."""
    if lane != EFFECTS:
        return lane
    return None if isinstance(effect, Run) else SOUNDS


def lane_of_track(track: str) -> Lane:
    """The lane of a track."""
    return EFFECTS if track == SOUNDS else track


def seconds_of_payload(payload: Any) -> float:
    """The same of a queue item's payload; nothing for what is none of ours."""
    try:
        return seconds_of(from_payload(payload))
    except UnknownEffect:
        return 0.0


def seconds_of(effect: Effect) -> float:
    """About how long it takes, to tell those who wait."""
    match effect:
        case Speak(text=text):
            return 2 + len(text) / 14
        case ShowOverlay(seconds=seconds) | OverlayEffect(seconds=seconds):
            return seconds + 1
        case _:
            return 3
