"""Why points of another bot could not be taken over, or not taken back."""

from pixel_bot.errors import StartError


class ImportRefused(StartError):
    """Points of another bot could not be taken over; nothing was changed. The sentence says what to do."""


class UnknownBatch(StartError):
    """No import has that batch."""

    def __init__(self, batch: str) -> None:
        super().__init__(f"There is no import {batch}. A batch has 12 letters and digits, as the import printed it.")


class BatchUndone(StartError):
    """The import was taken back before; ``when`` in local time."""

    def __init__(self, batch: str, when: str) -> None:
        super().__init__(f"Import {batch} was taken back already, on {when}. Nothing was changed.")
