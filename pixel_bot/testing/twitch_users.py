"""Twitch's API as far as it knows accounts: for a chat without a network."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import orjson
from typing_extensions import override

from pixel_bot.platforms.twitch.helix import Helix, HelixError, Role, read_page
from pixel_bot.platforms.twitch.helix_structs import Row
from pixel_bot.sandbox.twitch.users import SandboxUser, SandboxUsers

R = TypeVar("R", bound=Row)


class FakeHelix(Helix):
    """A Helix that refuses everything; what a test needs is overridden."""

    @override
    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """Nothing is there."""
        raise HelixError(404, path)

    @override
    async def first_page(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """Nothing is there."""
        raise HelixError(404, path)

    @override
    async def create(self, path: str, role: Role | None, row: type[R], body: Any, **params: Any) -> R:
        """Nothing can be made."""
        raise HelixError(404, path)

    @override
    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> None:
        """Nothing can be changed."""
        raise HelixError(404, path)


class FakeUsersApi(FakeHelix):
    """Answers ``GET users``. ``accounts`` are those that exist, whether they were ever in chat or not."""

    def __init__(self) -> None:
        self.accounts = SandboxUsers()
        self.requests: list[list[str]] = []
        """The logins and ids of each request."""
        self.failure: HelixError | None = None
        """With what every request fails."""
        self.is_signed_in = True
        self.created_at: dict[str, str] = {}
        """When accounts were made, by user id; the others are from 2016."""

    def role(self) -> Role | None:
        """Whose token signs the requests."""
        return "bot" if self.is_signed_in else None

    @override
    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """The accounts of these logins and ids."""
        logins: Sequence[str] = params.get("login", ())
        ids: Sequence[str] = params.get("id", ())
        self.requests.append([*logins, *ids])
        if self.failure is not None:
            raise self.failure
        if path != "users" or len(logins) + len(ids) > 100:
            raise HelixError(400, "that is no request for users")
        found = [*map(self.accounts.existing, logins), *map(self.accounts.by_id, ids)]
        return rows_as(row, (self._fields(who) for who in found if who is not None))

    def _fields(self, who: SandboxUser) -> dict[str, str]:
        created_at = self.created_at.get(who.id, "2016-12-14T20:32:28Z")
        return {"id": who.id, "login": who.login, "display_name": who.name, "created_at": created_at}


def rows_as(row: type[R], fields: Iterable[object]) -> list[R]:
    """Rows as Helix decodes them."""
    return read_page(orjson.dumps({"data": list(fields)}), row)[0]
