"""The files of other bots, each as a pure function of its JSON.

- Nightbot: ``{"commands": [{"name": "!hug", "message": .., "userLevel": "everyone", "coolDown": 5, "count": 0}]}``,
  with ``alias`` where it calls another one; ``{"timers": [{"name", "message", "interval": "*/15 * * * *", "lines",
  "enabled"}]}`` (https://api-docs.nightbot.tv/#custom-commands, #timers).
- StreamElements: ``[{"command": "hug", "reply": .., "accessLevel": 100, "cooldown": {"user": 15, "global": 5},
  "cost": 0, "aliases": [], "enabled": true, "type": "say"}]``; timers with ``chatLines`` and ``online: {"enabled",
  "interval"}`` (https://dev.streamelements.com/docs/api-docs, ``/bot/commands`` and ``/bot/timers``).
- Fossabot: ``{"commands": [{"name", "response", "type": "custom", "aliases", "role_ids", "enabled_online",
  "enabled_offline"}], "roles": [{"id", "name", "default"}]}`` (its interface for the page of commands).
- Streamlabs Cloudbot: ``{"data": [{"command": "!hug", "response", "permission": {"level": 1}, "cooldowns": {"global",
  "user"}, "aliases", "enabled"}]}``; timers with ``interval`` and ``chat_lines`` (``chatbot-interfaces`` of
  streamlabs/desktop).
- Streamlabs Chatbot: ``.abcom`` and ``.abcomg``, a list of ``{"Command": "!hug", "Permission": "Everyone", "Response",
  "Cooldown", "UserCooldown", "Cost", "Count", "Enabled"}`` with cooldowns in minutes.
- Quotes and counters stand under ``quotes`` and ``counters`` where a file has them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pixel_bot.imports.commands import levels
from pixel_bot.imports.commands.entries import (
    Entry,
    elements_of,
    entries_of,
    entry_of,
    is_on,
    name_of,
    names_of,
    seconds_of,
    text_of,
    whole_of,
)
from pixel_bot.imports.commands.values import ImportedCommand, ImportedCounter, ImportedQuote, ImportedTimer

ReadCommand = Callable[[Entry], ImportedCommand]


def nightbot_command(entry: Entry) -> ImportedCommand:
    """A command of Nightbot, whose cooldown is for everyone."""
    who, text, target = (
        levels.nightbot(entry.get("userLevel")),
        text_of(entry.get("message")),
        name_of(entry.get("alias")),
    )
    is_alias = bool(target) and text in ("", "$(query)", "$(querystring)")
    return ImportedCommand(
        name_of(entry.get("name")),
        "" if is_alias else text,
        who.level,
        everyone=seconds_of(entry.get("coolDown")),
        count=whole_of(entry.get("count")),
        alias_of=target if is_alias else "",
        changes=_changes(who.change),
        off=f"it calls !{target} with words of its own, and no command here calls another"
        if target and not is_alias
        else "",
    )


def streamelements_command(entry: Entry) -> ImportedCommand:
    """A command of StreamElements."""
    cooldown, kind = entry_of(entry.get("cooldown")), text_of(entry.get("type"))
    who = levels.streamelements(whole_of(entry.get("accessLevel", 100)))
    return ImportedCommand(
        name_of(entry.get("command")),
        text_of(entry.get("reply")),
        who.level,
        seconds_of(cooldown.get("user")),
        seconds_of(cooldown.get("global")),
        whole_of(entry.get("cost"), 10**9),
        names_of(entry.get("aliases")),
        is_on(entry.get("enabled")),
        whole_of(entry.get("count")),
        reply=True if kind == "reply" else None,
        changes=_changes(
            who.change,
            "it answered to words in chat, and now only to its name"
            if entry.get("keywords") or entry.get("regex")
            else "",
            _times(entry, "enabledOnline", "enabledOffline"),
        ),
        off="it whispered, which bots cannot do any more" if kind == "whisper" else "",
    )


def fossabot_command(entry: Entry, roles: Mapping[str, tuple[str, bool]]) -> ImportedCommand:
    """A command of Fossabot. Its cooldowns are not in what it exports."""
    who = levels.fossabot([str(role) for role in elements_of(entry.get("role_ids"))], roles)
    online, offline = is_on(entry.get("enabled_online")), is_on(entry.get("enabled_offline"))
    return ImportedCommand(
        name_of(entry.get("name")),
        text_of(entry.get("response")),
        who.level,
        seconds_of(entry.get("user_cooldown")),
        seconds_of(entry.get("global_cooldown", entry.get("cooldown"))),
        aliases=names_of(entry.get("aliases")),
        enabled=is_on(entry.get("enabled")) and (online or offline),
        changes=_changes(who.change, _times(entry, "enabled_online", "enabled_offline") if online or offline else ""),
    )


def streamlabs_command(entry: Entry) -> ImportedCommand:
    """A command of Streamlabs Cloudbot."""
    cooldowns = entry_of(entry.get("cooldowns"))
    who = levels.streamlabs(whole_of(entry_of(entry.get("permission", entry.get("permision"))).get("level", 1)))
    whispers = text_of(entry.get("response_type")).lower() == "whisper"
    return ImportedCommand(
        name_of(entry.get("command")),
        text_of(entry.get("response")),
        who.level,
        seconds_of(cooldowns.get("user")),
        seconds_of(cooldowns.get("global")),
        whole_of(entry_of(entry.get("cost")).get("base", entry.get("cost")), 10**9),
        names_of(entry.get("aliases")),
        is_on(entry.get("enabled")),
        changes=_changes(who.change),
        off="it whispered, which bots cannot do any more" if whispers else "",
    )


def desktop_command(entry: Entry) -> ImportedCommand:
    """A command of Streamlabs Chatbot. Its cooldowns are minutes."""
    who = levels.desktop(entry.get("Permission", "Everyone"))
    return ImportedCommand(
        name_of(entry.get("Command")),
        text_of(entry.get("Response")),
        who.level,
        seconds_of(entry.get("UserCooldown"), 60),
        seconds_of(entry.get("Cooldown"), 60),
        whole_of(entry.get("Cost"), 10**9),
        enabled=is_on(entry.get("Enabled")),
        count=whole_of(entry.get("Count")),
        changes=_changes(who.change, "its sound is left out" if text_of(entry.get("SoundFile")) else ""),
    )


def timer_of(entry: Entry) -> ImportedTimer:
    """A timer of any of them."""
    online = entry_of(entry.get("online"))
    return ImportedTimer(
        text_of(entry.get("name")).lower(),
        text_of(entry.get("message", entry.get("response"))),
        _minutes(online.get("interval", entry.get("interval"))),
        whole_of(entry.get("lines", entry.get("chatLines", entry.get("chat_lines"))), 1_000),
        is_on(entry.get("enabled")) and is_on(online.get("enabled")),
    )


def quotes_of(value: Any) -> Iterator[ImportedQuote]:
    """A list of quotes: texts, or objects with a text."""
    for one in elements_of(value):
        entry = entry_of(one)
        text = text_of(one) or next(
            (found for key in ("quote", "text", "message") if (found := text_of(entry.get(key)))), ""
        )
        if text:
            said = text_of(entry.get("created_at", entry.get("createdAt", entry.get("date"))))
            yield ImportedQuote(text, said, text_of(entry.get("game")))


def counters_of(value: Any) -> Iterator[ImportedCounter]:
    """Counters: ``{"deaths": 5}``, or a list of objects with a name and a value."""
    if isinstance(value, dict) and all(isinstance(one, int) for one in entry_of(value).values()):
        yield from (ImportedCounter(name_of(name), whole_of(number)) for name, number in entry_of(value).items())
        return
    for entry in entries_of(value):
        name = name_of(entry.get("name", entry.get("counter")))
        if name:
            yield ImportedCounter(name, whole_of(entry.get("value", entry.get("count"))))


def _minutes(interval: Any) -> int:
    """Minutes of an interval: a number, or as Nightbot writes it, ``*/15 * * * *`` and ``0 */2 * * *``."""
    if not isinstance(interval, str):
        return min(max(whole_of(interval), 1), 1_440)
    words = interval.split()
    minute, hour = (re.fullmatch(r"\*/(\d+)", word) for word in [*words, "", ""][:2])
    if minute is not None:
        return min(max(int(minute[1]), 1), 1_440)
    if hour is not None:
        return min(max(int(hour[1]) * 60, 1), 1_440)
    return min(max(whole_of(interval), 1), 1_440) if len(words) == 1 else 60


def _times(entry: Entry, online: str, offline: str) -> str:
    """What is said of a command that answered only while the stream was on, or off."""
    if is_on(entry.get(online)) and is_on(entry.get(offline)):
        return ""
    return f"it answered only while the stream was {'on' if is_on(entry.get(online)) else 'off'}, and now always"


def _changes(*sentences: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences if sentence)
