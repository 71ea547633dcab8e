"""What a viewer is owed, and a mod hands over."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that a cog owes a viewer.

    Attributes:
        id: by which its cog finds it again.
        viewer: the viewer's id.
        key: a word by which mods name it, like the key of a redeem.
        what: what it is.
        since: from when on it is owed.
        cog: of which cog; the bot fills it in.
    """

    id: int
    viewer: int
    key: str
    what: str
    since: datetime
    cog: str = ""
