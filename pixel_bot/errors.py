"""The errors that a person may see. Each class has its message and its data.

PixelError
├── StartError               the bot cannot start; exit code 1
│   ├── SettingsError        a setting is wrong; exit code 2
│   ├── PortInUse
│   ├── FolderNotWritable
│   ├── DatabaseNotWritable   the disk is full, read-only, broken
│   ├── SecondInstance
│   ├── DatabaseRefused      corrupt, of the other mode, newer than the bot
│   ├── BackupFailed         nothing is left of it
│   └── RestoreRefused       nothing was changed
├── EffectFailed             an effect did not happen; the points go back
└── ChatError                the answer in chat to a command
    ├── NotEnoughPoints
    ├── UnknownViewer
    │   └── NobodyThere      the platform was asked
    ├── AmbiguousName
    ├── CannotLookUp         the platform could not be asked
    ├── BadAmount
    ├── CannotSave           the database cannot be written right now
    ├── NotAllowed
    ├── BackupUnderWay
    ├── NothingToUndo
    ├── CogError
    └── RedeemRefused        nothing was charged
        ├── RedeemOff
        ├── NotPlaying       on the ignore list
        ├── Blocked
        ├── OnCooldown
        ├── QueueFull
        ├── OnlyForPoints    its price depends
        ├── Withdrawn
        └── BadInput         what was typed cannot be used
"""

from collections.abc import Sequence
from pathlib import Path

from pixel_bot.texts import count, duration
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)


class PixelError(Exception):
    """An expected failure. ``str(error)`` is the sentence for the person who can act on it."""


class StartError(PixelError):
    """The bot cannot start."""

    exit_code = 1


class SettingsError(StartError):
    """One or more settings are wrong. ``problems`` has one sentence for each, led by the setting's name."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("Please fix these settings (environment or .env):\n" + "\n".join(f"  {p}" for p in problems))


class PortInUse(StartError):
    """Another program listens on the port of the web pages."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is in use. Is Pixel Bot already running? Else set WEB_PORT to a free port."
        )


class FolderNotWritable(StartError):
    """A folder that the bot must write to is not writable. ``setting`` is the one that chooses another."""

    def __init__(self, folder: Path, setting: str) -> None:
        super().__init__(
            f"The folder {folder} cannot be written. Allow writing there, make room on its disk, "
            f"or point {setting} to another folder."
        )


class DatabaseNotWritable(StartError):
    """The database cannot be written, and must be. ``what`` says why, and ``remedy`` what to do, without a stop."""

    def __init__(self, path: Path | None, what: str, remedy: str) -> None:
        name = "The database" if path is None else f"The database {path}"
        super().__init__(f"{name} cannot be written: {what}. {remedy}, then try again.")


class SecondInstance(StartError):
    """Another bot uses the same database."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"Another Pixel Bot runs on {path} already. Stop it first, or set another DATA_DIR.")


class DatabaseRefused(StartError):
    """The database was left untouched because using it could harm it."""


class BackupFailed(StartError):
    """A backup could not be made, or the copy did not verify. Nothing is left of it, older ones are all there."""

    def __init__(self, why: str) -> None:
        super().__init__(f"No backup was made: {why}.")


class RestoreRefused(StartError):
    """A file was not restored; nothing was changed. ``why`` is a sentence."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file} was not restored. {why} Nothing was changed.")


class EffectFailed(PixelError):
    """An effect that was paid for did not happen. The viewer who gets the points back reads the sentence."""


class ChatError(PixelError):
    """A friendly refusal, sent to chat."""


class NotEnoughPoints(ChatError):
    """A spend was larger than the balance; nothing was changed."""

    def __init__(self, *, needed: int, balance: int) -> None:
        self.needed = needed
        self.balance = balance
        super().__init__(
            _(
                "That takes {points}, you have {balance} ({missing} short).",
                points=count(needed, "point"),
                balance=balance,
                missing=self.missing,
            )
        )

    @property
    def missing(self) -> int:
        """How many points are missing."""
        return self.needed - self.balance


class UnknownViewer(ChatError):
    """Nobody of that name has been here. ``elsewhere`` is the platform where there is one, and how to name them."""

    def __init__(self, name: str, elsewhere: tuple[str, str] | None = None) -> None:
        self.elsewhere = elsewhere
        if elsewhere is None:
            super().__init__(_("I have not seen {name} here yet.", name=name))
        else:
            place, typed = elsewhere
            super().__init__(
                _(
                    "{name} is not known here. On {place} there is one: type {typed}.",
                    name=name,
                    place=place,
                    typed=typed,
                )
            )


class NobodyThere(UnknownViewer):
    """Twitch has no account of that name."""

    def __init__(self, name: str) -> None:
        ChatError.__init__(self, _("Twitch knows nobody called {name}.", name=name))


class AmbiguousName(ChatError):
    """Several people have that display name; ``logins`` are theirs."""

    def __init__(self, name: str, logins: Sequence[str]) -> None:
        which = _(" or ").join(logins[:3])
        many = {
            2: later("Two people are called {name}: type the login ({logins})."),
            3: later("Three people are called {name}: type the login ({logins})."),
        }
        several = later("Several people are called {name}: type the login ({logins}).")
        super().__init__(_(many.get(len(logins), several), name=name, logins=which))


class CannotLookUp(ChatError):
    """Twitch could not be asked who somebody is; ``why`` is a sentence that ends with what to do."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(_("I have not seen {name} here yet, and {why}", name=name, why=why))


class BadAmount(ChatError):
    """What was typed is no usable amount."""


class CannotSave(ChatError):
    """The database cannot be written; ``what`` says why, like ``the disk is full``."""

    def __init__(self, what: str) -> None:
        super().__init__(_("I cannot save anything right now: {what}. Nothing was charged or changed.", what=what))


class NotAllowed(ChatError):
    """The command belongs to mods or to the broadcaster."""


class BackupUnderWay(ChatError):
    """A backup is being made already."""

    def __init__(self) -> None:
        super().__init__(_("A backup is being made already. It is done in a moment."))


class NothingToUndo(ChatError):
    """No change by a mod is left."""

    def __init__(self) -> None:
        super().__init__(_("There is no change by a mod left to undo."))


class CogError(ChatError):
    """A cog could not be loaded, unloaded or found."""


class RedeemRefused(ChatError):
    """A redeem was not possible; nothing was charged."""


class RedeemOff(RedeemRefused):
    """The redeem is switched off, or cannot work right now; ``reason`` says why where that helps."""

    def __init__(self, name: str, reason: str = "") -> None:
        super().__init__(reason or _("{name} is switched off right now.", name=name))


class NotPlaying(RedeemRefused):
    """This viewer is on the ignore list."""

    def __init__(self, name: str) -> None:
        super().__init__(_("You do not play along here, so {name} is not for you. Nothing was charged.", name=name))


class Blocked(RedeemRefused):
    """A mod has blocked this viewer from the redeem."""

    def __init__(self, name: str) -> None:
        super().__init__(_("A mod has blocked you from {name}.", name=name))


class OnCooldown(RedeemRefused):
    """The redeem is on cooldown, for this viewer or for everyone; ``seconds`` are left."""

    def __init__(self, name: str, seconds: float, *, everyone: bool = False) -> None:
        self.seconds = seconds
        words = (
            later("{name} is resting for everyone: {time} left. Nothing was charged.")
            if everyone
            else later("You are on cooldown for {name}: {time} left. Nothing was charged.")
        )
        super().__init__(_(words, name=name, time=duration(seconds)))


class QueueFull(RedeemRefused):
    """The queue is full, for everybody or for this viewer."""

    def __init__(self, name: str, *, own: bool) -> None:
        words = (
            later(
                "No room for {name} right now. You have enough waiting there already; try again in a moment. "
                "Nothing was charged."
            )
            if own
            else later("No room for {name} right now. Its queue is full; try again in a moment. Nothing was charged.")
        )
        super().__init__(_(words, name=name))


class OnlyForPoints(RedeemRefused):
    """Channel points, whose price is fixed, cannot pay for a price that depends."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "The price of {name} is not always the same, so only {points} pay for it. Nothing was charged.",
                name=name,
            )
        )


class Withdrawn(RedeemRefused):
    """A mod took the message away before it was bought."""

    def __init__(self) -> None:
        super().__init__(_("A mod removed that message. Nothing was charged."))


class BadInput(RedeemRefused):
    """What was typed cannot be used."""
