"""The core knows nothing of the AI, of clips, of thanks and of speech's commands: they are cogs as any other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.paths import ROOT

WORDS = {
    "the AI": r"(?i:\bai\b|\bai_\w+|\bllm\b|\bpersona\b)|![Pp]ixel\b",
    "clips": r"(?i:\bclips?\b(?!-path)|\bclip_\w+|save_clip)",
    "thanks": r"(?i:\bthanks?\b|\bshoutout_(?:follow|sub|upgrade|gift|cheer|raid|streak|hype_train|tip)\b)",
    "the commands of speech": r"!(?:tts|voices?)\b|(?i:prefix_username)",
}
"""How a feature would be named, as regular expressions."""

ELSEWHERE = ("sandbox/", "testing/", "web/static/sandbox/")
"""The doubles of the platforms, which have their APIs; viewers in the simulator, who type; the demo's suggestions."""

ALLOWED = {
    ("settings.py", "uses AI_BASE_URL"): "the speech server that is used where TTS_BASE_URL is not set",
    ("settings.py", "uses AI_API_KEY"): "the same",
    ("settings.py", "chose none with !voice"): "what people know the setting by",
    ("backends/tts/openai.py", '"AI_BASE_URL"'): "the same server as in settings.py",
    ("backends/tts/openai.py", '"AI_API_KEY"'): "the same",
    ("diagnostics/settings_check.py", "or the same of the AI"): "the same",
    ("platforms/twitch/subscription_types.py", '"clips:edit"'): "a scope of Twitch, which is asked for at the sign-in",
    ("platforms/twitch/scopes.py", "manage:clips"): "the list of all scopes of Twitch",
    ("platforms/twitch/scopes.py", '"clips": "edit"'): "the same",
    ("bot/spelling.py", "``!tts``"): "an example of a command with a text",
    ("web/templates/icons.html", '"ai":'): "a drawing",
    ("web/static/pixels.js", "clip:"): "a drawing",
}
"""Lines of the core in which such a word may stand, and why."""


def found_in(name: str, text: str, pattern: str) -> Iterator[str]:
    """The lines of a file that name a feature, without those that may."""
    for number, line in enumerate(text.splitlines(), 1):
        allowed = any(file == name and part in line for file, part in ALLOWED)
        if not allowed and re.search(pattern, line):
            yield f"{name}:{number}: {line.strip()}"


def core() -> Iterator[tuple[str, str]]:
    """The files of the core, by their names in it."""
    folder = ROOT / "pixel_bot"
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix in {".py", ".js", ".html", ".css"} and not name.startswith(ELSEWHERE):
            yield name, path.read_text(encoding="utf-8")


FILES = dict(core())


@pytest.mark.parametrize(("feature", "pattern"), WORDS.items(), ids=list(WORDS))
def test_the_core_does_not_name_it(feature: str, pattern: str) -> None:
    found = [line for name, text in FILES.items() for line in found_in(name, text, pattern)]
    assert found == [], f"the core names {feature}"


def test_what_is_allowed_is_there() -> None:
    """A line of the table that stands for nothing would let a new one in."""
    assert [(file, part) for file, part in ALLOWED if part not in FILES.get(file, "")] == []


@pytest.mark.parametrize(
    ("feature", "line"),
    [
        ("the AI", "        self.ai = self.backends.ai"),
        ("the AI", "        limit = self.settings.ai_daily_limit"),
        ("the AI", '    """What !pixel answers."""'),
        ("clips", "from pixel_bot.bot.clips import Clips"),
        ("clips", "        await self._obs.save_clip()"),
        ("thanks", "        channel.thanks.on_event(told)"),
        ("thanks", "            settings.shoutout_follow"),
        ("the commands of speech", "Type !tts hello"),
        ("the commands of speech", "settings.tts_prefix_username"),
    ],
)
def test_a_name_would_be_found(feature: str, line: str) -> None:
    assert len(list(found_in("bot/bot.py", line, WORDS[feature]))) == 1


def test_each_lives_in_a_folder_of_its_own() -> None:
    for cog in ("clips", "pixel", "speech", "thanks"):
        assert Path(ROOT / "cogs" / cog / "__init__.py").is_file()
