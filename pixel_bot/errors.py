"""Every error that a person may see. Each class owns its sentence and its data.

PixelError
├── StartError               the bot cannot start; exit code 1
│   ├── SettingsError        a setting is wrong; exit code 2
│   ├── PortInUse
│   ├── FolderNotWritable
│   └── DatabaseRefused      corrupt, of the other mode, newer than the bot
└── ChatError                said in chat to the one who typed
    ├── NotEnoughPoints
    ├── UnknownViewer
    ├── BadAmount
    ├── NotAllowed
    ├── NothingToUndo
    ├── AlreadyUndone
    └── CogError
"""

from pathlib import Path

from pixel_bot.texts import count, number


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
    """A folder that the bot must write to is closed to it. ``setting`` is the one that chooses another."""

    def __init__(self, folder: Path, setting: str) -> None:
        super().__init__(
            f"The folder {folder} cannot be written. Allow writing there, or point {setting} to another folder."
        )


class DatabaseRefused(StartError):
    """The database was left untouched because using it could harm it."""


class ChatError(PixelError):
    """A friendly refusal, said in chat."""


class NotEnoughPoints(ChatError):
    """A spend was larger than the balance; nothing was changed."""

    def __init__(self, *, needed: int, balance: int) -> None:
        self.needed = needed
        self.balance = balance
        super().__init__(
            f"That takes {count(needed, 'point')}, you have {number(balance)} ({number(self.missing)} short)."
        )

    @property
    def missing(self) -> int:
        """How many points are missing."""
        return self.needed - self.balance


class UnknownViewer(ChatError):
    """Nobody of that name has been here."""

    def __init__(self, name: str) -> None:
        super().__init__(f"I have not seen {name} here yet.")


class BadAmount(ChatError):
    """What was typed is no usable amount."""


class NotAllowed(ChatError):
    """The command belongs to mods or to the broadcaster."""


class NothingToUndo(ChatError):
    """No change by a mod is left."""

    def __init__(self) -> None:
        super().__init__("There is no change by a mod left to undo.")


class CogError(ChatError):
    """A cog could not be loaded, unloaded or found."""
