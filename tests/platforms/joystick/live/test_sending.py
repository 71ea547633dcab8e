"""A live bot on Joystick: what it says, and by which way."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from pixel_bot.model.outgoing import Outgoing
from pixel_bot.testing import settings_in, there
from tests.harness.joystick_harness import Harness, platform, points, the_bot, until


async def test_free_answers_go_over_the_socket_and_paid_ones_by_the_api(home: Harness) -> None:
    async with home.installed() as app:
        await home.joystick.tip("Jules", 100)
        await home.ask("Jules", "!points")
        await home.ask("Jules", "!sound ding")
        ways = {said.text.split()[1]: said.by for said in home.joystick.said if said.text.startswith("@Jules")}
        assert ways == {"You": "gateway", "Playing": "rest"}
        await points(app, "Jules")


@pytest.mark.parametrize("wraps", [False, True])
async def test_a_refusal_on_the_socket_is_a_failure_where_it_was_paid_for(home: Harness, wraps: bool) -> None:
    home.joystick.gateway.wraps_errors = wraps
    home.joystick.faults.add("api/v1/chat/messages", status=404, times=None)
    async with home.installed() as app:
        bot = the_bot(app)
        assert await bot.say("This is taken.", None, "joystick")
        home.joystick.gateway.errors.append("muted")
        assert not await bot.say("This is not.", None, "joystick")
        assert await bot.say("This is taken again.", None, "joystick")
        assert [said.text for said in home.joystick.said] == ["This is taken.", "This is taken again."]


async def test_without_the_socket_answers_go_by_the_api(home: Harness) -> None:
    async with home.installed() as app:
        home.joystick.faults.add("cable", status=503, times=None)
        home.joystick.gateway.cut()
        await until(lambda: not platform(app).connection.is_up)
        await the_bot(app).channels["joystick"].say_free("Still here.")
        assert [(said.text, said.by) for said in home.joystick.said] == [("Still here.", "rest")]


async def test_status_names_it(home: Harness) -> None:
    async with home.installed():
        answer = await home.ask("Boss", "!status", badges={"mod"})
        assert "Joystick.tv, connected" in answer


async def test_settings_need_both_or_neither(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="JOYSTICK_CLIENT_SECRET"):
        settings_in(tmp_path, joystick_client_id="only")


def test_there_is_a_person_for_each_name() -> None:
    assert there("Jules").name == "jules@joystick"


# What one viewer, or an odd API, must not do to the others


async def test_a_whisper_that_fails_keeps_nobody_waiting(home: Harness) -> None:
    async with home.installed() as app:
        home.joystick.faults.add("api/v1/chat/whispers", status=500, times=None)
        outbox = the_bot(app).channels["joystick"].outbox
        whisper = asyncio.create_task(outbox.put(Outgoing("psst", whisper_to="jules")))
        await home.joystick.requests.times_requested("api/v1/chat/whispers", "POST")
        async with asyncio.timeout(3):
            assert "points" in await home.ask("Bob", "!points")
        assert await whisper is None


async def test_a_paid_message_that_fails_keeps_nobody_waiting(home: Harness) -> None:
    async with home.installed() as app:
        home.joystick.faults.add("api/v1/chat/messages", status=500)
        saying = asyncio.create_task(the_bot(app).say("It was paid for.", None, "joystick"))
        await home.joystick.requests.times_requested("api/v1/chat/messages", "POST")
        async with asyncio.timeout(3):
            assert "points" in await home.ask("Bob", "!points")
        assert await saying
        assert [said.text for said in home.joystick.said if "paid" in said.text] == ["It was paid for."]


async def test_an_answer_that_comes_late_is_said_once(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.bot.delivery.outbox.RETRY_SECONDS", 0.1)
    async with home.installed() as app:
        session = platform(app).wire.session
        with monkeypatch.context() as impatient:
            impatient.setattr(session, "_timeout", aiohttp.ClientTimeout(total=0.3))
            home.joystick.faults.add("api/v1/chat/messages", delay=0.6, times=None)
            assert await the_bot(app).say("the answer", None, "joystick")
            home.joystick.faults.clear()
        await home.ask("Bob", "!points")
        assert sum(said.text == "the answer" for said in home.joystick.said) == 1


async def test_a_tip_and_a_message_of_one_id_both_count(home: Harness) -> None:
    async with home.installed() as app:
        await home.joystick.say("Jules", "hello", message_id="same")
        await home.joystick.tip("Jules", 40, event_id="same")
        await home.ask("Bob", "!points")
        assert await points(app, "Jules") == 41


async def test_who_is_always_there_comes_in_for_nothing(home: Harness) -> None:
    async with home.installed() as app:
        for name in ("nightbot", "Pixel_Street", "Jules"):
            await home.joystick.enter(name)
        await home.ask("Bob", "!points")
        assert [await points(app, name) for name in ("nightbot", "pixel_street", "Jules")] == [0, 0, 25]
