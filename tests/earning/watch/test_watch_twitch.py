"""Who is there, as Twitch tells it."""

from collections.abc import Sequence
from typing import Any, TypeVar

import pytest
from typing_extensions import override

from pixel_bot.earning.watch_time import PresenceUnknown
from pixel_bot.model.people import Person
from pixel_bot.platforms.twitch.helix import HelixError, NotSignedIn, Role
from pixel_bot.platforms.twitch.helix_structs import Row
from pixel_bot.platforms.twitch.presence import TwitchPresence
from pixel_bot.testing.twitch_users import FakeHelix, rows_as
from tests.earning.watch.stream import person

R = TypeVar("R", bound=Row)

# As Twitch tells it


class Lists(FakeHelix):
    """Answers with the rows of the test, and notes what it was asked."""

    def __init__(self, **rows: Sequence[Any]) -> None:
        self.rows = rows
        self.asked: list[tuple[str, str | None, dict[str, Any]]] = []
        self.error: HelixError | None = None

    @override
    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        self.asked.append((path, role, params))
        if self.error is not None:
            raise self.error
        return rows_as(row, self.rows.get(path.rpartition("/")[2], ()))


async def test_chatters_are_read_and_odd_rows_left_out() -> None:
    helix = Lists(
        chatters=[
            {"user_id": "1", "user_login": "alice", "user_name": "Alice", "new_field": None},
            {"user_id": "2", "user_login": "Bob", "user_name": None},
            {"user_id": "3", "user_login": "carol"},
            {"user_id": "", "user_login": "nobody", "user_name": "Nobody"},
            {"user_id": 4, "user_login": "dan", "user_name": "Dan"},
            {"user_id": "5", "user_login": None, "user_name": "Eve"},
            {"user_id": "6", "user_login": "no such@login", "user_name": "Odd"},
            {"user_name": "Frank"},
            {},
            {"user_id": "1", "user_login": "alice", "user_name": "Alice"},
        ]
    )
    assert await TwitchPresence(helix, "77").here() == [
        Person("1", "alice", "Alice"),
        Person("2", "bob", "Bob"),
        Person("3", "carol", "carol"),
    ]
    assert helix.asked == [
        ("chat/chatters", "broadcaster", {"broadcaster_id": "77", "moderator_id": "77", "first": 1000})
    ]


async def test_roles_are_asked_for_a_hundred_people_at_a_time() -> None:
    people = [Person(str(i), f"user{i}", f"user{i}") for i in range(250)]
    helix = Lists(
        subscriptions=[{"user_id": "1"}, {"user_id": "2"}, {"user_id": "999"}, {"user_id": 3}, {"user_id": None}, {}],
        moderators=[{"user_id": "2"}],
    )
    found = await TwitchPresence(helix, "77").roles(people, ["sub", "mod"])
    assert {user_id: roles for user_id, roles in found.items() if roles} == {"1": {"sub"}, "2": {"sub", "mod"}}
    assert [(path, role, len(params["user_id"])) for path, role, params in helix.asked] == [
        (path, "broadcaster", n) for path in ("subscriptions", "moderation/moderators") for n in (100, 100, 50)
    ]
    assert [i for _, _, params in helix.asked[:3] for i in params["user_id"]] == [p.platform_id for p in people]
    assert {params["broadcaster_id"] for _, _, params in helix.asked} == {"77"}
    await TwitchPresence(helix, "77").roles(people[:1], ["vip"])
    assert helix.asked[-1][0] == "channels/vips"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (HelixError(403, "Missing scope"), "Twitch answered 403: Missing scope."),
        (HelixError(0, "no answer."), "Twitch cannot be reached: no answer."),
        (NotSignedIn("broadcaster"), "Twitch answered 401: the broadcaster account is not signed in."),
    ],
)
async def test_what_twitch_does_not_say_is_unknown(error: HelixError, sentence: str) -> None:
    helix = Lists()
    helix.error = error
    presence = TwitchPresence(helix, "77")
    for asking in (presence.here(), presence.roles([person("alice")], ["sub"])):
        with pytest.raises(PresenceUnknown) as raised:
            await asking
        assert str(raised.value) == sentence
