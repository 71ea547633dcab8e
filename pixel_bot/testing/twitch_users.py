"""Twitch's API as far as it knows accounts: for a chat without a network."""

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from pixel_bot.platforms.twitch.helix import Helix, HelixError, Role, Row
from pixel_bot.sandbox.twitch.users import SandboxUser, SandboxUsers


class FakeUsersApi(Helix):
    """Answers ``GET users``. ``accounts`` are those that exist, whether they were ever in chat or not."""

    def __init__(self) -> None:
        self.accounts = SandboxUsers()
        self.requests: list[list[str]] = []
        """The logins and ids of each request."""
        self.failure: HelixError | None = None
        """With what every request fails."""
        self.is_signed_in = True

    def role(self) -> Role | None:
        """Whose token signs the requests."""
        return "bot" if self.is_signed_in else None

    @override
    async def get(self, path: str, role: Role | None, **params: Any) -> list[Row]:
        """The accounts of these logins and ids."""
        logins: Sequence[str] = params.get("login", ())
        ids: Sequence[str] = params.get("id", ())
        self.requests.append([*logins, *ids])
        if self.failure is not None:
            raise self.failure
        if path != "users" or len(logins) + len(ids) > 100:
            raise HelixError(400, "that is no request for users")
        found = [*map(self.accounts.existing, logins), *map(self.accounts.by_id, ids)]
        return [_row(who) for who in found if who is not None]

    @override
    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> list[Row]:
        """Nothing else is there."""
        raise HelixError(404, path)


def _row(who: SandboxUser) -> Row:
    return {"id": who.id, "login": who.login, "display_name": who.name}
