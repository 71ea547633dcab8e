"""Level rewards, read from the streamer's file."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reward:
    """The reward of one level: points, and a message with ``{user}`` and ``{level}`` for chat."""

    points: int = 0
    message: str = ""

    def words(self, user: str, level: int) -> str:
        """The message for one viewer; other words in braces stay as they are."""
        return self.message.replace("{user}", user).replace("{level}", str(level))


def load_rewards(path: Path) -> Mapping[int, Reward]:
    """The rewards by level. Without a file there are none; unreadable entries are logged and skipped."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as exc:
        log.warning("%s, line %d: %s. Levels pay nothing until this is fixed.", path, exc.lineno, exc.msg)
        return {}
    except (OSError, ValueError):
        log.warning("%s cannot be read as UTF-8 text. Levels pay nothing until this is fixed.", path)
        return {}
    if not isinstance(raw, dict):
        log.warning('%s must map levels to rewards, like {"5": {"points": 100}}. Levels pay nothing.', path)
        return {}
    rewards: dict[int, Reward] = {}
    for level, value in cast(dict[str, Any], raw).items():
        reward = _reward(level, value)
        if reward is None:
            log.warning(
                '%s: level %s is left out. Write it like "5": {"points": 100, "message": "{user} is level {level}!"}.',
                path,
                level,
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
