"""The refusals of the API itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixel_bot.errors import PixelError


@dataclass(eq=False)
class ApiError(PixelError):
    """A refusal, answered as a problem.

    Args:
        status: of the answer.
        kind: the last part of the problem's type.
        detail: the sentence for whoever calls.
        headers: of the answer.
    """

    status: int
    kind: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
