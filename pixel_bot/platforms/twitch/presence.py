"""Who is in the channel's chat, and who of them is a subscriber, VIP or mod, as Twitch's API knows it."""

import re
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from pixel_bot.earning.watch_time import PresenceUnknown, WatchRole
from pixel_bot.model.people import Person
from pixel_bot.platforms.twitch.helix import Helix, HelixError, Row

PAGE = 1_000
IDS_IN_ONE_REQUEST = 100

LOGIN = re.compile(r"[A-Za-z0-9_]+")

PATHS: Mapping[WatchRole, str] = {"sub": "subscriptions", "vip": "channels/vips", "mod": "moderation/moderators"}


class TwitchPresence:
    """Reads the lists with the broadcaster's token. ``broadcaster_id`` is that account's user id."""

    def __init__(self, helix: Helix, broadcaster_id: str) -> None:
        self._helix = helix
        self._broadcaster_id = broadcaster_id

    async def here(self) -> Sequence[Person]:
        """Everybody in chat, each once.

        Raises:
            PresenceUnknown: Twitch does not say.
        """
        rows = await self._get("chat/chatters", moderator_id=self._broadcaster_id, first=PAGE)
        people = (_person(row) for row in rows)
        return list({p.platform_id: p for p in people if p is not None}.values())

    async def roles(
        self, people: Sequence[Person], wanted: Collection[WatchRole]
    ) -> Mapping[str, AbstractSet[WatchRole]]:
        """Which of the wanted roles they have, by user id.

        Raises:
            PresenceUnknown: Twitch does not say.
        """
        found: dict[str, set[WatchRole]] = {p.platform_id: set() for p in people if p.platform == "twitch"}
        ids = list(found)
        for role in wanted:
            for first in range(0, len(ids), IDS_IN_ONE_REQUEST):
                some = ids[first : first + IDS_IN_ONE_REQUEST]
                for row in await self._get(PATHS[role], user_id=some, first=IDS_IN_ONE_REQUEST):
                    user_id = _user_id(row)
                    if user_id in found:
                        found[user_id].add(role)
        return found

    async def _get(self, path: str, **params: object) -> list[Row]:
        try:
            return await self._helix.get(path, "broadcaster", broadcaster_id=self._broadcaster_id, **params)
        except HelixError as exc:
            raise PresenceUnknown(f"{str(exc).rstrip('.')}.") from exc


def _user_id(row: Row) -> str:
    """The user id of a row; empty where there is none."""
    user_id = row.get("user_id")
    return user_id if isinstance(user_id, str) else ""


def _person(row: Row) -> Person | None:
    """Who a row is about; None where that cannot be read."""
    user_id, login, name = _user_id(row), row.get("user_login"), row.get("user_name")
    if not (user_id and isinstance(login, str) and LOGIN.fullmatch(login)):
        return None
    return Person(user_id, login.lower(), name if isinstance(name, str) and name else login)
