"""What keeps OBS from its work: a sentence for the streamer, who can fix it, and words for the viewer who asked.

ObsProblem
├── ObsUntried            no connection was tried yet
├── ObsAway               not running, or its websocket server is off
├── ObsRefused            the password is wrong
├── ObsStrange            something else answers there, or an OBS that speaks another protocol
├── ObsSilent             connected, but there is no answer
├── ObsLost               the connection ended before the answer
├── ObsUnready            connected and answering, but it says no
│   ├── BufferOff         the replay buffer does not run
│   ├── BufferMissing     the replay buffer is not enabled in OBS's settings
│   └── RequestRefused    any other code
├── SaveTooSlow           no report of a saved file in time
└── FileMissing           OBS reported a file that is not there
"""

from typing import ClassVar

from typing_extensions import override

from pixel_bot.errors import PixelError
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)


class ObsProblem(PixelError):
    """OBS cannot do it. ``str(problem)`` is for the streamer, ``reason`` ends a sentence for viewers.

    Each kind has both in English, as ``sentence`` and ``why``.

    ``first_pause`` and ``longest_pause`` are seconds between two tries to connect; the pause doubles in between.
    """

    sentence: ClassVar[str]
    why: ClassVar[str] = later("OBS is not connected")
    first_pause: ClassVar[float] = 1.0
    longest_pause: ClassVar[float] = 15.0

    def __init__(self) -> None:
        super().__init__(self.sentence)

    @property
    def reason(self) -> str:
        """``why`` in the language of the chat."""
        return _(self.why)

    @override
    def __str__(self) -> str:
        return _(self.sentence)


class ObsUntried(ObsProblem):
    """No connection was tried yet."""

    sentence = later("OBS is not connected yet.")


class ObsAway(ObsProblem):
    """Nobody listens at the address."""

    sentence = later("OBS is not running, or its websocket server is off (Tools, WebSocket Server Settings).")


class ObsRefused(ObsProblem):
    """The password is wrong. OBS shows the streamer a notice for each try, so the tries are rare."""

    sentence = later("OBS refused the password. Check OBS_PASSWORD (in OBS: Tools, WebSocket Server Settings).")
    why = later("OBS does not let me in")
    first_pause = 60.0
    longest_pause = 60.0


class ObsStrange(ObsProblem):
    """Whoever listens at the address does not speak obs-websocket 5."""

    sentence = later("What answers at OBS_HOST and OBS_PORT is not OBS 28 or newer. Check both.")


class ObsSilent(ObsProblem):
    """The connection is open, the answer does not come."""

    sentence = later("OBS does not answer. Is it frozen, or still starting?")
    why = later("OBS does not answer")


class ObsLost(ObsProblem):
    """The connection ended before the answer."""

    sentence = later("OBS was closed, or the connection to it was lost.")
    why = later("OBS went away")


class ObsUnready(ObsProblem):
    """OBS answers, and says no."""


class BufferOff(ObsUnready):
    """The replay buffer does not run."""

    sentence = later("The replay buffer is off. Press Start Replay Buffer in OBS.")
    why = later("the replay buffer is off in OBS")


class BufferMissing(ObsUnready):
    """The replay buffer cannot even be started."""

    sentence = later("The replay buffer is not enabled in OBS (Settings, Output, Replay Buffer).")
    why = later("the replay buffer is off in OBS")


class RequestRefused(ObsUnready):
    """OBS answered with an error of another kind. ``code`` is obs-websocket's RequestStatus."""

    sentence = later("OBS cannot save a replay right now.")
    why = later("OBS is busy with something else")

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__()

    @override
    def __str__(self) -> str:
        return _("{problem} It answered with code {code}.", problem=_(self.sentence), code=str(self.code))


class SaveTooSlow(ObsProblem):
    """OBS took the request and never reported a file."""

    sentence = later("OBS did not tell in time that the replay is saved.")
    why = later("OBS took too long")


class FileMissing(ObsProblem):
    """OBS reported a file that does not exist, or is empty."""

    sentence = later("OBS reported a replay but wrote no file. Check its recording folder, and the room on that disk.")
    why = later("OBS could not write the file")


def refusal(code: int) -> ObsUnready:
    """The problem behind the code with which OBS refused a request."""
    match code:
        case 501:
            return BufferOff()
        case 604:
            return BufferMissing()
        case _:
            return RequestRefused(code)
