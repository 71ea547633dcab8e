"""Twitch's API as a test has it: what a cog did to chat and the channel, and what it can learn there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from typing_extensions import override

from pixel_bot.model.people import Person
from pixel_bot.platforms.twitch.helix import HelixError, Role
from pixel_bot.platforms.twitch.helix_structs import Row
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUsers
from pixel_bot.testing.twitch_users import FakeHelix, rows_as

R = TypeVar("R", bound=Row)


class Timeout(NamedTuple):
    """Somebody was timed out: by login, for so many seconds, and why."""

    login: str
    seconds: int
    reason: str


class WarningGiven(NamedTuple):
    """Somebody was warned: by login, and why."""

    login: str
    reason: str


class FakeTwitch(FakeHelix):
    """What ``bot.moderation`` and ``bot.channel`` ask in a test.

    Args:
        users: the accounts that exist; whoever writes in the test is added by ``meet``.
    """

    def __init__(self, users: SandboxUsers) -> None:
        self._users = users
        self._logins: dict[str, str] = {}
        self.deleted: list[str] = []
        """Ids of messages that were deleted."""
        self.timeouts: list[Timeout] = []
        self.warnings: list[WarningGiven] = []
        self.announcements: list[str] = []
        self.shoutouts: list[str] = []
        """Logins of the channels that were shown."""
        self.title = "An evening in the sandbox"
        self.category = ("509658", "Just Chatting")
        """Id and name."""
        self.categories: dict[str, str] = {"Just Chatting": "509658", "Tetris": "27", "Tetris Effect": "509448"}
        """Ids of the categories that exist, by name."""
        self.channels: dict[str, tuple[str, str]] = {}
        """Title and category of other channels, by login."""
        self.followers: dict[str, datetime] = {}
        """Since when somebody follows, by login."""
        self.present: list[str] = []
        """Logins of those who are in chat."""
        self.failure: HelixError | None = None
        """With what every request fails."""

    def meet(self, person: Person) -> None:
        """Somebody writes: their account is known from now on."""
        self._logins[person.platform_id] = person.login

    @override
    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """The rows."""
        self._fail()
        match path:
            case "channels":
                return rows_as(row, self._channel(params["broadcaster_id"]))
            case "channels/followers":
                since = self.followers.get(self._login(params["user_id"]))
                return rows_as(row, [] if since is None else [{"followed_at": since.isoformat()}])
            case "chat/chatters":
                found = [self._users.by_login(login) for login in self.present]
                there = [who for who in found if who is not None]
                return rows_as(row, [{"user_id": w.id, "user_login": w.login, "user_name": w.name} for w in there])
            case "users":
                ids, made = params["id"], "2016-12-14T20:32:28Z"
                return rows_as(row, [{"id": one, "login": self._login(one), "created_at": made} for one in ids])
            case _:
                return await super().get(path, role, row, **params)

    @override
    async def first_page(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """The categories whose names have the words."""
        self._fail()
        words = params["query"].casefold().split()
        found = [(n, i) for n, i in self.categories.items() if all(word in n.casefold() for word in words)]
        return rows_as(row, [{"id": number, "name": name} for name, number in found])

    @override
    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> None:
        """Note what was done."""
        self._fail()
        fields: Mapping[str, Any] = body or {}
        data: Mapping[str, Any] = fields.get("data", fields)
        match method, path:
            case "DELETE", "moderation/chat":
                self.deleted.append(params["message_id"])
            case "POST", "moderation/bans":
                self.timeouts.append(Timeout(self._login(data["user_id"]), data["duration"], data["reason"]))
            case "POST", "moderation/warnings":
                self.warnings.append(WarningGiven(self._login(data["user_id"]), data["reason"]))
            case "POST", "chat/announcements":
                self.announcements.append(data["message"])
            case "POST", "chat/shoutouts":
                self.shoutouts.append(self._login(params["to_broadcaster_id"]))
            case "PATCH", "channels":
                self._change(data)
            case _:
                await super().call(method, path, role, body, **params)

    def _channel(self, user_id: str) -> list[dict[str, str]]:
        if user_id == STREAMER.id:
            number, name = self.category
            return [{"title": self.title, "game_id": number, "game_name": name}]
        found = self.channels.get(self._login(user_id))
        return [] if found is None else [{"title": found[0], "game_id": "1", "game_name": found[1]}]

    def _change(self, data: Mapping[str, Any]) -> None:
        self.title = data.get("title", self.title)
        if (number := data.get("game_id")) is not None:
            self.category = (number, next(name for name, known in self.categories.items() if known == number))

    def _login(self, user_id: str) -> str:
        known = self._users.by_id(user_id)
        return self._logins.get(user_id) or (known.login if known is not None else user_id)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure
