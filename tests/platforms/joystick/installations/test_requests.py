"""Requests to Joystick's API with a token of the installation."""

import logging
import traceback
from typing import Any

import pytest

from pixel_bot.logs import redact
from pixel_bot.platforms.joystick.api import REFUSED, ApiRefused
from pixel_bot.platforms.joystick.installations import WITHDRAWN, NotInstalled
from pixel_bot.platforms.joystick.oauth import Grant, OAuthRefused
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    BASIC,
    CHANNEL,
    SECRET,
    STREAMER,
    Server,
)
from tests.platforms.joystick.installations.installation_helpers import GONE, IDENTITY, TOKEN


async def test_a_request_is_made_again_with_a_new_token(joystick: Server, platform: JoystickPlatform) -> None:
    joystick.answers["v1/chat/messages"] = [(401, {})]
    assert await platform.api.say("hello") == "m1"
    assert joystick.said == [{"text": "hello"}]


async def test_two_refusals_are_the_end_and_there_is_no_loop(joystick: Server, platform: JoystickPlatform) -> None:
    joystick.answers[IDENTITY] = [(401, {})] * 5
    with pytest.raises(NotInstalled):
        await platform.api.identity()
    assert (joystick.times(IDENTITY), joystick.times(TOKEN)) == (2, 1)
    assert platform.problems() == [REFUSED]


async def test_an_inactive_token_is_renewed_or_the_end(joystick: Server, platform: JoystickPlatform) -> None:
    joystick.answers["oauth/introspect"] = [(200, {"active": False})] * 2
    await platform.monitor.check()
    assert await platform.installations.token() == "access-1"
    joystick.answers[TOKEN] = [GONE]
    with pytest.raises(NotInstalled):
        await platform.monitor.check()
    assert platform.problems() == [WITHDRAWN]


@pytest.mark.parametrize("answer", [(500, {}), (200, []), (200, {"active": "no"}), (401, {"active": False})])
async def test_a_server_that_says_nothing_on_a_token_ends_nothing(
    joystick: Server, platform: JoystickPlatform, answer: Any
) -> None:
    joystick.answers["oauth/introspect"] = [answer]
    await platform.monitor.check()
    assert platform.problems() == []
    assert joystick.times(TOKEN) == 0


async def test_a_token_is_renewed_before_anybody_waits_for_it(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock
) -> None:
    clock.advance(864_000 - 7_200)
    await platform.monitor.check()
    assert await platform.installations.token() == "access-1"


@pytest.mark.parametrize(
    "body",
    [
        *([], "hello", {}, {"channel_id": "c"}, {"username": "u"}, {"channel_id": None, "username": "u"}),
        *({"channel_id": "c", "username": "a@b"}, {"channel_id": "c", "username": None}),
        *({"channel_id": ["c"], "username": "u"}, {"channel_id": "", "username": "u"}),
    ],
)
async def test_an_identity_that_cannot_be_read(joystick: Server, platform: JoystickPlatform, body: Any) -> None:
    joystick.answers[IDENTITY] = [(200, body)]
    with pytest.raises(ApiRefused):
        await platform.api.identity()


# Secrets


async def test_no_secret_is_shown(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="pixel_bot")
    kept = Grant("an-access-token", "a-refresh-token", clock.now())
    await platform.installations.keep(kept, CHANNEL, STREAMER, pending=False)
    shown = [repr(kept), repr(platform.installations.current), str(platform.installations.current)]
    joystick.answers[TOKEN] = [(500, {}), (400, {"error": "a-refresh-token", "message": "a-refresh-token"})]
    for _ in range(2):
        try:
            await platform.installations.token()
        except (NoAnswer, NotInstalled) as exc:
            shown.append("".join(traceback.format_exception(exc)))
    try:
        await platform.oauth.exchange("the-secret-code", "http://localhost/")
    except OAuthRefused as exc:
        shown.append("".join(traceback.format_exception(exc)))
    for secret in ("an-access-token", "a-refresh-token", SECRET, BASIC, "the-secret-code"):
        assert secret not in "".join([*shown, caplog.text])
        if secret != "the-secret-code":  # it is used up; a link could choose any word for it
            assert redact(f"it is {secret}.") == "it is [hidden]."
