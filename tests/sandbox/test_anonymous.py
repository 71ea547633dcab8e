"""Whoever stays anonymous: the sandbox names the accounts that Twitch names, and those earn nothing."""

import pytest

from pixel_bot.platforms.twitch.events.people import is_anonymous_account
from pixel_bot.sandbox.twitch.channel_activity import NAMELESS
from pixel_bot.sandbox.twitch.notices import ANONYMOUS
from pixel_bot.sandbox.twitch.users import PERSONAS, id_of


@pytest.mark.parametrize("user_id", [NAMELESS.id, ANONYMOUS["id"], id_of(ANONYMOUS["login"])])
def test_the_bot_knows_the_accounts_that_stand_for_nobody(user_id: str) -> None:
    assert is_anonymous_account(user_id)


def test_nobody_else_is_anonymous() -> None:
    assert not any(is_anonymous_account(person.id) for person in PERSONAS)
