"""Page updates: snapshots of the sandbox's state, ready to be sent."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC
from typing import Any
from urllib.parse import quote

from sqlalchemy import select, text

from pixel_bot.db.models import Lane, QueueItem
from pixel_bot.model.outcome import (
    FOLLOWS,
    Effect,
    OverlayEffect,
    PlaySound,
    ShowOverlay,
    Speak,
    UnknownEffect,
    fields_of,
    seconds_of,
)
from pixel_bot.model.people import Person
from pixel_bot.points import ledger
from pixel_bot.points.ledger_words import in_words
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.catalogue import Redeems
from pixel_bot.redeems.queue_items import WAITING, Item
from pixel_bot.sandbox.joystick.double import JoystickDouble, JoystickMessage
from pixel_bot.sandbox.twitch.double import SandboxMessage, TwitchDouble
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import BOT, PERSONAS, STREAMER, SandboxUser, sandbox_user
from pixel_bot.services import Services
from pixel_bot.wording.texts import currency

MOST_LINES = 60
MOST_ITEMS = 30
BADGES = {"streamer": "broadcaster", "mod": "moderator", "subscriber": "subscriber"}
"""What the page calls the badges of Joystick.tv."""

CommandList = Callable[[], Sequence[dict[str, Any]]]


class PageUpdates:
    """Builds the updates. Each names its ``type``."""

    def __init__(
        self, twitch: TwitchDouble, joystick: JoystickDouble, services: Services, commands: CommandList
    ) -> None:
        self._twitch = twitch
        self._joystick = joystick
        self._services = services
        self._commands = commands

    async def hello(self) -> Json:
        """The first message: personas, recent chat, and the overlay's address."""
        return {
            "type": "hello",
            "channel": STREAMER.login,
            "bot": "pixelbot",
            "prefix": self._services.settings.command_prefix,
            "currency": [currency(1), currency(2)],
            "personas": [{"login": p.login, "name": p.name, "role": p.role, "color": p.color} for p in PERSONAS],
            "picked": None,
            "chat": self._recent(),
            "commands": list(self._commands()),
            "stats": await self.stats(),
            "overlay": f"/overlay?key={quote(self._services.overlay.key, safe='')}",
        }

    def _recent(self) -> list[Json]:
        """The last messages of both chats, by time."""
        lines = [message_update(message) for message in self._twitch.chat_log.lines]
        lines += [joystick_message_update(message) for message in self._joystick.recent]
        return sorted(lines, key=lambda message: message["at"])[-MOST_LINES:]

    async def stats(self) -> Json:
        """Totals of the session."""
        async with self._services.database.readers() as session:
            viewers = (await session.execute(text("SELECT COUNT(*) FROM users"))).scalar_one()
        totals = self._services.awards.totals
        return {"type": "stats", "viewers": viewers, "messages": totals.messages, "points": totals.points}

    async def viewer(self, who: SandboxUser) -> Json:
        """Somebody's points, level and last ledger rows."""
        person = person_of(who)
        viewer = await self._services.viewers.meet(person)
        standing = await self._services.levels.standing(viewer)
        async with self._services.database.readers() as session:
            rows = await ledger.history(session, viewer.id, 8)
        return {
            "type": "viewer",
            "key": person.name,
            "login": who.login,
            "name": viewer.display_name,
            "points": viewer.points,
            "xp": standing.xp,
            "level": standing.level,
            "level_floor": standing.floor,
            "next_level_xp": standing.next,
            "ledger": [
                {
                    "id": row.id,
                    "amount": row.amount,
                    "words": in_words(row, self._services.reasons),
                    "balance": row.balance_after,
                    "at": row.at.isoformat() if row.at else "",
                }
                for row in rows
            ],
        }

    async def queue(self) -> Json:
        """Waiting and playing items, oldest first; paused lanes; and whether an overlay page is open, and audible."""
        async with self._services.database.readers() as session:
            found = await queue_items.load(session, QueueItem.status.in_(WAITING), limit=MOST_ITEMS)
            paused = await session.execute(select(Lane.kind).where(Lane.paused).order_by(Lane.kind))
        overlay = self._services.overlay
        screen = overlay.best(needs_sound=False)
        return {
            "type": "queue",
            "items": [_item_update(item) for item in found],
            "paused": list(paused.scalars()),
            "overlay": screen is not None,
            "sound": overlay.best(needs_sound=True) is not None,
            "obs": screen is not None and screen.obs,
        }

    def channel(self, who: SandboxUser | None) -> Json:
        """Whether the stream is on, what channel points buy, and how many the viewer has."""
        points, on_twitch = self._twitch.points, who is None or who.role != "joystick"
        return {
            "type": "channel",
            "live": self._twitch.live,
            "points": points.balance_of(who) if on_twitch and who is not None else None,
            "rewards": [
                {"id": r.id, "title": r.title, "cost": r.cost, "words": r.needs_input, "open": not r.paused}
                for r in points.rewards.values()
                if r.enabled and on_twitch
            ],
        }

    async def redeems(self) -> Json:
        """What can be bought now."""
        redeems = self._services.redeems
        there = [p for p in await redeems.prices() if p.enabled and not redeems.why_closed(p.key)]
        return {
            "type": "redeems",
            "items": [
                {"key": p.key, "name": p.display_name, "cost": p.cost, "price": p.depends, **_looks(redeems, p.key)}
                for p in there
            ],
        }


def _looks(redeems: Redeems, key: str) -> Json:
    offer = redeems.offered(key)
    if offer is None:
        return {}
    return asdict(offer.page) | {"lane": offer.lane}


def person_of(who: SandboxUser) -> Person:
    """Somebody of the sandbox as the services know people."""
    if who.role == "joystick":
        return Person(who.login, who.login, who.name, "joystick")
    return Person(who.id, who.login, who.name)


def message_update(message: SandboxMessage) -> Json:
    """A chat message."""
    bot = message.who.role == "bot"
    return {
        "id": message.id,
        "login": message.who.login,
        "name": message.who.name,
        "color": message.who.color,
        "badges": ["bot"] if bot else list(message.who.badges),
        "text": message.text,
        "at": message.at.astimezone(UTC).isoformat(),
        "bot": bot,
        "reply_to": message.reply_to,
        "removed": message.removed,
    }


def joystick_message_update(message: JoystickMessage) -> Json:
    """A chat message on Joystick.tv, or a whisper there."""
    login = message.username.lower()
    who = next((p for p in PERSONAS if p.role == "joystick" and p.login == login), sandbox_user(login, "joystick"))
    return {
        "id": f"joystick:{message.id}",
        "login": login,
        "name": message.username,
        "color": BOT.color if message.is_bot else who.color,
        "badges": ["bot"] if message.is_bot else [BADGES[badge] for badge in message.badges if badge in BADGES],
        "text": message.text,
        "at": message.at.astimezone(UTC).isoformat(),
        "bot": message.is_bot,
        "reply_to": None,
        "removed": False,
        "place": "joystick",
        "whisper_to": message.whisper_to,
    }


def _item_update(item: Item) -> Json:
    try:
        effect: Effect | None = item.effect
    except UnknownEffect:
        effect = None
    return {
        "id": item.id,
        "lane": item.kind,
        "track": item.track or "",
        "status": item.status,
        "redeem": item.redeem,
        "by": item.buyer,
        "follows": FOLLOWS in fields_of(item.payload),
        "words": _words(effect),
        "seconds": seconds_of(effect) if effect is not None else 0,
    }


def _words(effect: Effect | None) -> str:
    match effect:
        case Speak(text=words) | ShowOverlay(text=words) | PlaySound(name=words) | OverlayEffect(name=words):
            return words
        case _:
            return ""
