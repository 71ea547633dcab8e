"""Who is in the channel's chat, and who of them is a subscriber, VIP or mod, as Twitch's API knows it."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from pixel_bot.earning.watch_time import PresenceUnknown, WatchRole
from pixel_bot.model.people import Person
from pixel_bot.platforms.twitch.helix import Helix, HelixError
from pixel_bot.platforms.twitch.helix_structs import Chatter, Member, Row

PAGE = 1_000
IDS_IN_ONE_REQUEST = 100

R = TypeVar("R", bound=Row)

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
        rows = await self._get("chat/chatters", Chatter, moderator_id=self._broadcaster_id, first=PAGE)
        people = {r.user_id: Person(r.user_id, r.user_login.lower(), r.user_name or r.user_login) for r in rows}
        return list(people.values())

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
                for row in await self._get(PATHS[role], Member, user_id=some, first=IDS_IN_ONE_REQUEST):
                    if row.user_id in found:
                        found[row.user_id].add(role)
        return found

    async def _get(self, path: str, row: type[R], **params: object) -> list[R]:
        try:
            return await self._helix.get(path, "broadcaster", row, broadcaster_id=self._broadcaster_id, **params)
        except HelixError as exc:
            raise PresenceUnknown(f"{str(exc).rstrip('.')}.") from exc
