"""Chat messages of the double carry mentions, as Twitch's do."""

import pytest

from pixel_bot.sandbox.twitch.frames import chat_message
from pixel_bot.sandbox.twitch.users import BOT, LURKER, STREAMER, SandboxUser, SandboxUsers, sandbox_user

ALICE = sandbox_user("alice")
YUKI = SandboxUser("yukidaruma", "ゆきだるま")


@pytest.fixture
def users() -> SandboxUsers:
    return SandboxUsers()


def pieces(users: SandboxUsers, text: str) -> list[tuple[str, str | None]]:
    """The pieces of a message, each with the id of whom it mentions."""
    message = chat_message(ALICE, text, "1", mentioned=users.mentioned)["message"]
    assert message["text"] == text
    return [(f["text"], f["mention"] and f["mention"]["user_id"]) for f in message["fragments"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", [("hello", None)]),
        ("@pixelbot", [("@pixelbot", BOT.id)]),
        ("@PixelBot, !points", [("@PixelBot", BOT.id), (", !points", None)]),
        (
            "hi @lurker_louise and @ゆきだるま!",
            [("hi ", None), ("@lurker_louise", LURKER.id), (" and ", None), ("@ゆきだるま", YUKI.id), ("!", None)],
        ),
        ("@nobody @pixel_street", [("@nobody ", None), ("@pixel_street", STREAMER.id)]),
        ("me@pixelbot @", [("me@pixelbot @", None)]),
        ("@joy_jules", [("@joy_jules", None)]),
        ("", [("", None)]),
    ],
)
def test_the_pieces_of_a_message(users: SandboxUsers, text: str, expected: list[tuple[str, str | None]]) -> None:
    assert pieces(users, text) == expected


def test_a_display_name_of_two_people_is_no_mention(users: SandboxUsers) -> None:
    users.settle(SandboxUser("yuki_2", "ゆきだるま"))
    assert pieces(users, "@ゆきだるま") == [("@ゆきだるま", None)]
    assert pieces(users, "@yukidaruma") == [("@yukidaruma", YUKI.id)]


def test_a_mention_says_who_it_is(users: SandboxUsers) -> None:
    (piece,) = chat_message(ALICE, "@yukidaruma", "1", mentioned=users.mentioned)["message"]["fragments"]
    assert piece["type"] == "mention"
    assert piece["mention"] == {"user_id": YUKI.id, "user_login": "yukidaruma", "user_name": "ゆきだるま"}
