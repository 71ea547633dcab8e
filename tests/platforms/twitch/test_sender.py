"""How the bot speaks over Helix: as whom, and what it makes of refusals."""

from typing import Any

import pytest
from twitchio import HTTPException

from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.platforms.twitch import sender as module
from pixel_bot.platforms.twitch.sender import TwitchSender


class Helix:
    """Answers as told, and notes with whose token it was asked."""

    def __init__(self) -> None:
        self.app_allowed = True
        self.drop_code: str | None = None
        self.status = 0
        self.tokens: list[str | None] = []

    async def post_chat_message(self, *, token_for: str | None, **_: Any) -> dict[str, Any]:
        """Twitch, as TwitchIO asks it."""
        self.tokens.append(token_for)
        if self.status or (token_for is None and not self.app_allowed):
            raise HTTPException("no", status=self.status or 403, extra={"message": "no"})
        reason = {"code": self.drop_code, "message": "no"} if self.drop_code else None
        return {"data": [{"message_id": "said", "is_sent": reason is None, "drop_reason": reason}]}


async def refusal(helix: Helix, message: Outgoing) -> SendFailed:
    """How sending fails."""
    with pytest.raises(SendFailed) as failed:
        await TwitchSender(helix, "1", "2").send(message)
    return failed.value


async def test_the_badge_is_tried_again_in_pauses_that_double(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    helix = Helix()
    helix.app_allowed = False
    sender = TwitchSender(helix, "1", "2")
    tried: list[int] = []
    for seconds in range(0, 400, 10):
        clock[0] = 1000.0 + seconds
        helix.tokens.clear()
        await sender.send(Outgoing("hello"))
        assert helix.tokens[-1] == "1"
        tried += [seconds] if None in helix.tokens else []
    assert tried == [0, 60, 180]
    helix.app_allowed = True
    for clock[0] in (2000.0, 2001.0):
        helix.tokens.clear()
        await sender.send(Outgoing("hello"))
        assert helix.tokens == [None]


@pytest.mark.parametrize("code", ["msg_ratelimit", "msg_slowmode", "msg_duplicate"])
async def test_what_came_too_soon_can_be_said_later(code: str) -> None:
    helix = Helix()
    helix.drop_code = code
    failed = await refusal(helix, Outgoing("hello"))
    assert failed.too_soon
    assert failed.duplicate is (code == "msg_duplicate")


@pytest.mark.parametrize("code", ["automod_held", "msg_rejected", "msg_rejected_mandatory", "channel_settings"])
async def test_other_reasons_end_a_message_and_are_explained_once(code: str, caplog: pytest.LogCaptureFixture) -> None:
    helix = Helix()
    helix.drop_code = code
    sender = TwitchSender(helix, "1", "2")
    for _ in range(3):
        with pytest.raises(SendFailed) as failed:
            await sender.send(Outgoing("hello"))
        assert not failed.value.too_soon
        assert not failed.value.retry
    (told,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert module.DROP_REASONS[code] in told
    assert "/mod" in told


@pytest.mark.parametrize(("status", "reply_to", "gone"), [(400, "m1", True), (400, None, False), (422, "m1", False)])
async def test_a_reply_that_is_refused_may_be_one_to_nothing(status: int, reply_to: str | None, gone: bool) -> None:
    helix = Helix()
    helix.status = status
    assert (await refusal(helix, Outgoing("hello", reply_to))).reply_gone is gone
