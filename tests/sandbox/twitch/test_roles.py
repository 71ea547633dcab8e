"""Roles of people on the sandbox."""

from typing import Any, cast

import pytest

from pixel_bot.sandbox.twitch.users import sandbox_user


def test_a_role_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match=r"There is no role mod\. There are bot, broadcaster,"):
        sandbox_user("mia", cast(Any, "mod"))
