"""Level rewards, read from the streamer's file."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pixel_bot.model.last_good import LastGoodFile, Unreadable, text_of
from pixel_bot.texts import plain
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reward:
    """The reward of one level: points, and a message with ``{user}`` and ``{level}`` for chat."""

    points: int = 0
    message: str = ""

    def words(self, user: str, level: int) -> str:
        """The message for one viewer; other words in braces stay as they are."""
        return self.message.replace("{user}", user).replace("{level}", str(level))


class LevelRewards:
    """The rewards by level, read anew when the file was changed. While it is broken the last good ones are paid."""

    def __init__(self, path: Path) -> None:
        self.file: LastGoodFile[Mapping[int, Reward]] = LastGoodFile(
            path, lambda raw: parse(raw, path.name), {}, later("Levels pay nothing until this is fixed.")
        )

    def now(self) -> Mapping[int, Reward]:
        """The rewards that are in force; none without a file, or while there was never a good one."""
        return self.file.now_or_without()


def parse(raw: bytes, name: str) -> Mapping[int, Reward]:
    """The rewards in the content of a file. Entries that cannot be used are logged and left out.

    Raises:
        Unreadable: all of it cannot be used.
    """
    text = text_of(raw, name)
    if not text.strip():
        raise Unreadable(_("{file} is empty.", file=name))
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as exc:
        raise Unreadable(
            _("{file}, line {line}: {problem}.", file=name, line=str(exc.lineno), problem=exc.msg)
        ) from None
    except (ValueError, RecursionError):
        words = later("{file} cannot be read: it holds a number or a nesting without end.")
        raise Unreadable(_(words, file=name)) from None
    if not isinstance(entries, dict):
        words = later("{file} must map levels to rewards, like {example}.")
        raise Unreadable(_(words, file=name, example='{"5": {"points": 100}}'))
    rewards: dict[int, Reward] = {}
    for level, value in cast(dict[str, Any], entries).items():
        reward = _reward(level, value)
        if reward is None:
            log.warning(
                '%s: level %s is left out. Write it like "5": {"points": 100, "message": "{user} is level {level}!"}.',
                name,
                plain(level[:40]),
            )
        else:
            rewards[int(level)] = reward
    return rewards


def _reward(level: str, value: Any) -> Reward | None:
    if not (level.isascii() and level.isdigit() and len(level) <= 4 and int(level) >= 2 and isinstance(value, dict)):
        return None
    fields = cast(dict[str, Any], value)
    points, message = fields.get("points", 0), fields.get("message", "")
    if isinstance(points, bool) or not isinstance(points, int) or not 0 <= points <= 1_000_000_000:
        return None
    return Reward(points, message) if isinstance(message, str) else None
