"""Reads a file of another bot's commands, timers, quotes or counters: which bot wrote it is seen by its fields."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from pixel_bot.imports.commands import formats
from pixel_bot.imports.commands.entries import Entry, entries_of, entry_of, is_on, text_of
from pixel_bot.imports.commands.values import CommandFile, ImportedCommand
from pixel_bot.imports.encodings import encoding_of
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.texts import fit, plain

MAX_BYTES = 16 * 1024 * 1024

_LISTS = ("commands", "data", "list", "docs")


def read_command_file(path: Path) -> CommandFile:
    """Read the file.

    Raises:
        ImportRefused: it cannot be opened, is no JSON, or of no bot that is known.
    """
    try:
        if path.exists() and not path.is_file():
            raise ImportRefused("It is no file.")
        if path.stat().st_size > MAX_BYTES:
            raise ImportRefused(f"It is larger than {MAX_BYTES // 1024**2} MB. Is it the right one?")
        text = path.read_text(encoding_of(path)).lstrip("\ufeff")
        document = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise ImportRefused(f"It is no JSON, or breaks off: {exc}.") from exc
    except (OSError, ValueError) as exc:
        raise ImportRefused(f"It cannot be opened: {getattr(exc, 'strerror', None) or exc}.") from exc
    return commands_in(document)


def commands_in(document: Any) -> CommandFile:
    """Read a JSON document.

    Raises:
        ImportRefused: it is of no bot that is known.
    """
    whole = entry_of(document)
    listed = entries_of(whole.get(next((key for key in _LISTS if key in whole), "")) if whole else document)
    if not listed and "Command" in whole:
        listed = [whole]
    timers = entries_of(whole.get("timers"))
    if not timers and listed and all("interval" in one or "online" in one for one in listed):
        timers, listed = listed, []
    source, read = _reader(listed, whole) if listed else (_timer_source(timers), formats.nightbot_command)
    commands: list[ImportedCommand] = []
    problems: list[str] = []
    for number, entry in enumerate(listed, 1):
        if source == "Fossabot" and text_of(entry.get("type")) == "default":
            continue
        command = read(entry)
        if command.name:
            commands.append(command)
        else:
            problems.append(f"entry {number} has no name")
    found = CommandFile(
        source,
        commands,
        [timer for timer in map(formats.timer_of, timers) if timer.text],
        list(formats.quotes_of(whole.get("quotes"))),
        list(formats.counters_of(whole.get("counters"))),
        problems,
    )
    if found.is_empty:
        keys = ", ".join(fit(plain(key), 20) for key in list(whole)[:5])
        raise ImportRefused(f"I see no commands of a bot that I know in it{f' (it has {keys})' if keys else ''}.")
    return found


def _reader(listed: Sequence[Entry], whole: Entry) -> tuple[str, Callable[[Entry], ImportedCommand]]:
    """The bot, by the fields of its commands."""
    fields = {key for entry in listed[:50] for key in entry}
    if "Command" in fields:
        return "Streamlabs Chatbot", formats.desktop_command
    if {"command", "reply"} <= fields:
        return "StreamElements", formats.streamelements_command
    if {"command", "response"} <= fields:
        return "Streamlabs", formats.streamlabs_command
    if {"name", "message"} <= fields or {"name", "alias"} <= fields:
        return "Nightbot", formats.nightbot_command
    if {"name", "response"} <= fields:
        roles = {
            text_of(role.get("id")) or str(role.get("id")): (text_of(role.get("name")), is_on(role.get("default")))
            for role in entries_of(whole.get("roles"))
        }
        return "Fossabot", lambda entry: formats.fossabot_command(entry, roles)
    raise ImportRefused(
        "I see no commands of a bot that I know in it: Nightbot, StreamElements, Fossabot or Streamlabs."
    )


def _timer_source(timers: Sequence[Entry]) -> str:
    fields = {key for entry in timers[:50] for key in entry}
    if "chatLines" in fields:
        return "StreamElements"
    return "Streamlabs" if "chat_lines" in fields else "Nightbot" if fields else "a list"
