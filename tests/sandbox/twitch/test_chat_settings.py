"""The double drops what Twitch drops, once a test asks for it."""

import pytest

from pixel_bot.sandbox.twitch.chat_settings import ChatSettings, Standing
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.sandbox.twitch.client import Double
from tests.sandbox.twitch.test_helix import message, send


class Hands:
    """A clock that the test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def chat(hands: Hands) -> ChatSettings:
    settings = ChatSettings(hands)
    settings.enforced = True
    return settings


def test_nothing_is_dropped_unless_a_test_asks_for_it(hands: Hands) -> None:
    settings = ChatSettings(hands)
    settings.emotes_only = True
    assert [settings.drop_code("1", "viewer", "hello") for _ in range(200)] == [None] * 200


def test_who_is_nobody_may_write_once_a_second_and_not_the_same(chat: ChatSettings, hands: Hands) -> None:
    assert chat.drop_code("1", "viewer", "one") is None
    hands.now += 0.99
    assert chat.drop_code("1", "viewer", "two") == "msg_ratelimit"
    assert chat.drop_code("2", "viewer", "two") is None, "each account for itself"
    hands.now += 0.01
    assert chat.drop_code("1", "viewer", "one") == "msg_duplicate"
    assert chat.drop_code("1", "viewer", "two") is None
    hands.now += 30
    assert chat.drop_code("1", "viewer", "two") is None


def test_slow_mode_counts_from_the_last_message_that_was_taken(chat: ChatSettings, hands: Hands) -> None:
    chat.slow_seconds = 60
    assert chat.drop_code("1", "viewer", "one") is None
    for hands.now in (130.0, 159.9):
        assert chat.drop_code("1", "viewer", "two") == "msg_slowmode"
        assert chat.drop_code("2", "vip", f"at {hands.now}") is None
    hands.now = 160.0
    assert chat.drop_code("1", "viewer", "two") is None


@pytest.mark.parametrize(("standing", "most"), [("vip", 20), ("moderator", 100)])
def test_so_many_in_thirty_seconds(chat: ChatSettings, hands: Hands, standing: Standing, most: int) -> None:
    codes = [chat.drop_code("1", standing, "the same") for _ in range(most + 1)]
    assert codes == [None] * most + ["msg_ratelimit"]
    hands.now += 30
    assert chat.drop_code("1", standing, "the same") is None


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("emotes_only", True, "msg_emoteonly"),
        ("subscribers_only", True, "msg_subsonly"),
        ("follower_minutes", 0, "msg_followersonly"),
        ("held_words", {"hello"}, "automod_held"),
    ],
)
def test_modes_keep_out_who_is_nobody(chat: ChatSettings, field: str, value: object, code: str) -> None:
    setattr(chat, field, value)
    assert chat.drop_code("1", "viewer", "Hello!") == code
    assert chat.drop_code("2", "moderator", "Hello!") is None


async def test_helix_answers_as_twitch_does(double: Double) -> None:
    double.twitch.chat_settings.enforced = True
    double.world.moderators.discard(BOT.id)
    assert (await send(double, BOT, message("one")))[0] == 200
    answer = await double.ask("POST", "chat/messages", BOT, message("two"), ("user:write:chat",))
    (row,) = answer.body["data"]
    assert (row["is_sent"], row["message_id"], row["drop_reason"]["code"]) == (False, "", "msg_ratelimit")


async def test_the_settings_can_be_asked_for(double: Double) -> None:
    double.twitch.chat_settings.slow_seconds = 30
    answer = await double.ask("GET", "chat/settings", BOT, broadcaster_id=STREAMER.id)
    (row,) = answer.body["data"]
    assert (row["slow_mode"], row["slow_mode_wait_time"], row["follower_mode"]) == (True, 30, False)


async def test_a_reply_to_what_is_gone_is_refused(double: Double) -> None:
    double.twitch.chat_settings.enforced = True
    body = message("hello") | {"reply_parent_message_id": "nothing"}
    assert (await double.ask("POST", "chat/messages", BOT, body, ("user:write:chat",))).status == 400
