"""The bot on Joystick.tv, over real sockets: installed, heard, paid, answered, sent away, and back again."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from pixel_bot.model.outgoing import Outgoing
from pixel_bot.platforms.joystick.installations import WITHDRAWN, NotInstalled
from pixel_bot.run.live_app import LiveApp
from pixel_bot.security.cipher import load_cipher
from pixel_bot.testing import settings_in, there
from tests.harness.joystick_harness import Harness, house, in_haste, platform, points, rows, settled, the_bot, until


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    async with house(tmp_path) as built:
        yield built


# Installation


async def test_one_link_installs_the_bot(home: Harness) -> None:
    async with home.bot() as app:
        status, text = await home.get(app, "/setup")
        assert status == 200
        assert 'href="/joystick/oauth"' in text
        assert f"http://localhost:{app.web.port}/joystick/oauth/callback" in text
        status, text = await home.install(app)
        assert status == 200
        assert "The bot is in the channel of Pixel_Street." in text
        await home.listening(app)
        assert (await home.said(lambda said: True)).text == "Hi, I am here! Type !help to see what I can do."
        assert await home.ask("Jules", "!points") == "@Jules You have 0 points."
        assert (await home.get(app, "/healthz"))[0] == 200


async def test_what_is_asked_for_at_joystick(home: Harness) -> None:
    async with home.bot() as app:
        url = f"http://localhost:{app.web.port}/joystick/oauth"
        async with home.http.get(url, allow_redirects=False) as answer:
            query = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == home.joystick.client_id
        assert {"chat:read", "chat:write", "chat:whisper:write", "identity:read"} <= set(query["scope"].split())
        assert query["redirect_uri"].endswith("/joystick/oauth/callback")
        assert len(query["state"]) > 20


async def test_tokens_are_encrypted_in_the_columns_of_the_document(home: Harness) -> None:
    async with home.installed() as app:
        (row,) = await rows(app)
        cipher = load_cipher(app.services.settings)
        assert row.channel_id == home.joystick.channel_id
        assert home.joystick.grants.is_good(cipher.unseal(row.access_token) or "")
        assert row.refresh_token is not None
        assert cipher.unseal(row.refresh_token)
        assert row.expires_at is not None
        assert home.joystick.grants.is_good(row.access_token) is False


async def test_a_restart_needs_no_new_installation(home: Harness) -> None:
    for _ in range(2):
        async with home.installed():
            assert "points" in await home.ask("Jules", "!points")
    assert home.joystick.requests.times("api/oauth/token", "POST") == 1


async def test_a_row_in_plain_text_is_used_and_encrypted(home: Harness) -> None:
    async with home.installed() as app:
        pair = home.joystick.grant()
        async with app.services.database.write() as session:
            (row,) = await rows(app)
            row.access_token, row.refresh_token = pair
            await session.merge(row)
    async with home.installed() as app:
        (row,) = await rows(app)
        assert row.access_token.startswith("gAAAA")
        assert "points" in await home.ask("Jules", "!points")


async def test_without_the_key_it_starts_and_asks_again(home: Harness) -> None:
    async with home.installed():
        pass
    (home.folder / "secret.key").unlink(missing_ok=True)
    for key in home.folder.rglob("secret.key"):
        key.unlink()
    async with home.bot() as app:
        _, text = await home.get(app, "/setup")
        assert "The key does not fit" in text
        assert "Install again" in text
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_a_marketplace_install_counts_once_the_streamer_says_so(home: Harness) -> None:
    async with home.bot() as app:
        code = home.joystick.install_code()
        status, text = await home.get(app, f"/joystick/oauth/callback?code={code}&state=")
        assert status == 200
        assert "Pixel_Street" in text
        assert "Is that yours?" in text
        assert platform(app).installations.current is None
        assert app.running_bot is None
        assert await home.press(app, "accept", home.joystick.channel_id) == 200
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_a_marketplace_install_of_somebody_else_is_given_back(home: Harness) -> None:
    async with home.bot() as app:
        code = home.joystick.install_code()
        await home.get(app, f"/joystick/oauth/callback?code={code}&state=")
        await home.press(app, "decline", home.joystick.channel_id)
        assert await rows(app) == []
        assert home.joystick.requests.times("api/oauth/revoke", "POST") == 1
        assert await home.press(app, "accept", home.joystick.channel_id) == 400


async def test_an_unknown_state_is_refused_and_its_code_not_used(home: Harness) -> None:
    async with home.bot() as app:
        code = home.joystick.install_code()
        for query in (f"code={code}&state=made-up", f"code={code}", "state="):
            status, _ = await home.get(app, f"/joystick/oauth/callback?{query}")
            assert status == 400, query
        assert home.joystick.requests.times("api/oauth/token", "POST") == 0
        assert await rows(app) == []


async def test_a_state_works_once(home: Harness) -> None:
    async with home.bot() as app:
        url = f"http://localhost:{app.web.port}/joystick/oauth"
        async with home.http.get(url, allow_redirects=False) as answer:
            location = answer.headers["Location"]
        async with home.http.get(location, allow_redirects=False) as answer:
            back = answer.headers["Location"]
        async with home.http.get(back) as answer:
            assert answer.status == 200
        async with home.http.get(back) as answer:
            assert answer.status == 400


async def test_a_streamer_who_says_no(home: Harness) -> None:
    home.joystick.refuses = True
    async with home.bot() as app:
        status, text = await home.install(app)
        assert status == 400
        assert "nobody agreed" in text


async def test_a_code_that_joystick_refuses(home: Harness) -> None:
    home.joystick.faults.add("api/oauth/token", status=500)
    async with home.bot() as app:
        status, text = await home.install(app)
        assert status == 502
        assert "500" in text
        assert (await home.install(app))[0] == 200


async def test_the_streamer_takes_the_bot_out_and_in_again(home: Harness) -> None:
    async with home.installed() as app:
        assert await home.press(app, "forget") == 200
        await home.joystick.gateway.left()
        assert await rows(app) == []
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


# Tokens


async def test_ten_who_need_a_token_cause_one_refresh(home: Harness) -> None:
    async with home.installed() as app:
        asked = home.joystick.requests.times("api/oauth/token", "POST")
        home.joystick.expire_tokens()
        found = await asyncio.gather(*(platform(app).api.identity() for _ in range(10)))
        assert {identity.username for identity in found} == {"Pixel_Street"}
        assert home.joystick.requests.times("api/oauth/token", "POST") == asked + 1
        assert home.joystick.grants.withdrawn == 0


async def test_a_new_pair_is_in_the_database_before_it_is_used(home: Harness) -> None:
    async with home.installed() as app:
        cipher = load_cipher(app.services.settings)
        home.joystick.expire_tokens()
        await platform(app).api.identity()
        (row,) = await rows(app)
        token = await platform(app).installations.token()
        assert cipher.unseal(row.access_token) == token
        assert home.joystick.grants.is_good(token)


async def test_who_gives_up_waiting_does_not_lose_the_new_pair(home: Harness) -> None:
    async with home.installed() as app:
        home.joystick.faults.add("api/oauth/token", delay=0.3)
        home.joystick.expire_tokens()
        token = await platform(app).installations.token()
        asking = asyncio.create_task(platform(app).installations.refresh(token))
        await home.joystick.requests.asked("api/oauth/token", "POST", 2)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert (await platform(app).api.identity()).username == "Pixel_Street"
        assert home.joystick.grants.withdrawn == 0


async def test_a_refresh_token_used_twice_ends_the_installation_and_the_bot_says_so(home: Harness) -> None:
    async with home.installed() as app:
        install = platform(app).installations.current
        assert install is not None
        assert install.grant is not None
        home.joystick.grants.refresh(install.grant.refresh)
        home.joystick.expire_tokens()
        with pytest.raises(NotInstalled):
            await platform(app).api.identity()
        assert home.joystick.grants.withdrawn == 1
        assert platform(app).problems() == [WITHDRAWN]
        _, text = await home.get(app, "/setup")
        assert WITHDRAWN in text
        status, text = await home.get(app, "/healthz")
        assert status == 503
        assert "withdrawn" in text
        (row,) = await rows(app)
        assert (row.access_token, row.refresh_token, row.problem) == ("", None, WITHDRAWN)
        await _is_quiet(home, app)


async def test_an_uninstalled_bot_says_so_and_does_not_ask_on(home: Harness) -> None:
    async with home.installed() as app:
        await home.joystick.uninstall()
        await until(platform(app).problems)
        await until(lambda: "withdrawn" in platform(app).problems()[0])
        await _is_quiet(home, app)
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")
        assert platform(app).problems() == []


async def _is_quiet(home: Harness, app: LiveApp) -> None:
    """Nothing is asked any more, and no socket opened."""
    await until(lambda: platform(app).connection.problem)
    before = (len(home.joystick.requests), home.joystick.gateway.opened)
    await asyncio.sleep(0.7)  # several pauses of a bot that tries again
    assert (len(home.joystick.requests), home.joystick.gateway.opened) == before


# Events and commands


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_everything_that_pays_in_both_versions(home: Harness, version: str) -> None:
    home.joystick.gateway.versions = {version}  # pyright: ignore[reportAttributeAccessIssue]
    async with home.installed() as app:
        joystick = home.joystick
        for _ in range(2):
            await joystick.say("Chatter", "hello", message_id="m1")
            await joystick.enter("Enterer", event_id="e1")
            await joystick.follow("Follower", event_id="e2")
            await joystick.subscribe("Subber", event_id="e3")
            await joystick.resubscribe("Resubber", 7, event_id="e4")
            await joystick.gift("Gifter", 3, event_id="e5")
            await joystick.tip("Tipper", 40, "<b>Hydrate</b>", event_id="e6")
            await joystick.wheel("Spinner", "<i>a hat</i>", event_id="e7")
            await joystick.raid("Raider", 12, event_id="e8")
            await joystick.goal("Goalie", 500, event_id="e9")
            await joystick.counts(500, event_id="e10")
            await joystick.leave("Leaver", event_id="e11")
            await joystick.emit("TipGoalMet", {"who": "Goalie", "what": "TipGoalMet", "amount": 900}, event_id="e12")
            await joystick.emit("MilestoneCompleted", {"who": "Goalie", "amount": 900}, event_id="e13")
        await joystick.say("Last", "!points")
        await home.said(lambda said: said.text.startswith("@Last"))
        expected = {
            "Chatter": 1,
            "Enterer": 25,
            "Follower": 50,
            "Subber": 200,
            "Resubber": 200,
            "Gifter": 600,
            "Tipper": 40,
            "Spinner": 0,
            "Raider": 100,
            "Goalie": 0,
        }
        assert {name: await points(app, name) for name in expected} == expected
        assert not any("<" in said.text for said in joystick.said)


async def test_the_stream_goes_on_and_off(home: Harness) -> None:
    async with home.installed() as app:
        stream = app.services.stream
        await until(lambda: stream.is_live)
        await home.joystick.go_offline()
        await until(lambda: not stream.is_live)
        await home.joystick.go_live()
        await until(lambda: stream.is_live)


async def test_an_event_that_cannot_be_read_costs_itself(home: Harness) -> None:
    async with home.installed() as app:
        for raw in ("nonsense", "[]", '{"message":{"type":5}}', '{"message":{"type":"tipped","id":"x","data":7}}'):
            await home.joystick.gateway.send_raw(raw)
        await home.joystick.emit("Tipped", {"who": "Jules", "how_much": "many"})
        await home.joystick.emit("SomethingNew", {"who": "Jules"})
        await home.joystick.tip("Jules", 5)
        assert await home.ask("Jules", "!points") == "@Jules You have 5 points."
        assert platform(app).problems() == []


async def test_events_of_another_channel_are_left_out(home: Harness) -> None:
    async with home.installed() as app:
        own = home.joystick.channel_id
        home.joystick.channel_id = "another"
        await home.joystick.tip("Jules", 500)
        home.joystick.channel_id = own
        await home.joystick.tip("Jules", 5)
        assert await home.ask("Jules", "!points") == "@Jules You have 5 points."
        assert await points(app, "Jules") == 5


async def test_its_own_words_are_nobodys(home: Harness) -> None:
    async with home.installed() as app:
        assert await home.ask("Jules", "!points") == "@Jules You have 0 points."
        await settled(app)
        async with app.services.database.readers() as session:
            names = (await session.connection()).exec_driver_sql  # all who were ever met
            found = (await names("SELECT name FROM users")).scalars().all()
        assert found == ["jules@joystick"]


async def test_whispers_go_by_the_api_and_else_over_the_socket(home: Harness) -> None:
    async with home.installed() as app:
        outbox = the_bot(app).channels["joystick"].outbox
        await outbox.put(Outgoing("psst", whisper_to="jules", paid=True))
        home.joystick.faults.add("api/v1/chat/whispers", status=404, times=None)
        await outbox.put(Outgoing("psst again", whisper_to="jules", paid=True))
        assert [(said.text, said.whisper_to, said.by) for said in home.joystick.said] == [
            ("psst", "jules", "rest"),
            ("psst again", "jules", "gateway"),
        ]


async def test_with_one_platform_there_is_nothing_to_link(home: Harness) -> None:
    async with home.installed():
        assert await home.ask("Jules", "!link") == "@Jules I am on one platform only, so there is nothing to link."


# The connection


async def test_it_comes_back_after_a_cut(home: Harness) -> None:
    async with home.installed() as app:
        for cut in (home.joystick.gateway.cut, home.joystick.gateway.fall_silent):
            opened = home.joystick.gateway.opened
            cut()
            await home.opened(opened + 1)
            await home.listening(app)
            await home.joystick.tip("Jules", 5)
        opened = home.joystick.gateway.opened
        await home.joystick.gateway.cut_in_a_frame()
        await home.opened(opened + 1)
        await home.listening(app)
        assert await home.ask("Jules", "!points") == "@Jules You have 10 points."


async def test_it_comes_back_when_joystick_was_away(home: Harness) -> None:
    async with home.installed() as app:
        await home.leave()
        await until(lambda: platform(app).connection.down_since)
        assert "It is tried again by itself" in platform(app).problems()[0]
        await asyncio.sleep(0.3)
        await home.return_()
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")
        assert platform(app).problems() == []


async def test_a_server_that_restarts_asks_it_to_come_back(home: Harness) -> None:
    async with home.installed() as app:
        opened = home.joystick.gateway.opened
        await home.joystick.gateway.disconnect(reconnect=True)
        await home.opened(opened + 1)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_asked_not_to_come_back_it_stays_away(home: Harness) -> None:
    async with home.installed() as app:
        await home.joystick.gateway.disconnect(reconnect=False, reason="remote")
        await until(lambda: platform(app).connection.problem)
        assert "asked the bot not to come back" in platform(app).problems()[0]
        await _is_quiet(home, app)
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_unauthorized_leads_to_one_refresh_and_then_to_the_page(home: Harness) -> None:
    async with home.installed() as app:
        asked = home.joystick.requests.times("api/oauth/token", "POST")
        home.joystick.accepts.clear()
        await home.joystick.gateway.close_all(4401)
        await until(lambda: platform(app).connection.problem)
        assert home.joystick.requests.times("api/oauth/token", "POST") == asked + 1
        assert "does not let the bot listen" in (await home.get(app, "/setup"))[1]
        await _is_quiet(home, app)


@pytest.mark.parametrize("key", ["jwt", "basic"])
async def test_either_key_opens_the_socket(home: Harness, key: str) -> None:
    home.joystick.accepts = {key}
    async with home.installed():
        assert "points" in await home.ask("Jules", "!points")
        assert home.joystick.requests.times("api/oauth/token", "POST") == 1


async def test_a_subscription_that_is_not_confirmed_is_asked_for_again(home: Harness) -> None:
    home.joystick.gateway.unconfirmed = 1
    async with home.installed():
        assert "points" in await home.ask("Jules", "!points")
        assert home.joystick.gateway.opened == 1


async def test_a_subscription_that_is_rejected_falls_back_and_else_waits(home: Harness) -> None:
    home.joystick.gateway.versions = {"v1"}
    async with home.installed() as app:
        assert "points" in await home.ask("Jules", "!points")
        home.joystick.gateway.versions.clear()
        home.joystick.gateway.cut()
        await until(lambda: "rejected" in platform(app).connection.down_reason)
        home.joystick.gateway.versions.add("v2")
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_a_server_that_welcomes_nobody(home: Harness) -> None:
    home.joystick.gateway.welcomes = False
    async with home.bot() as app:
        await home.install(app)
        await until(lambda: "no welcome" in platform(app).connection.down_reason)
        home.joystick.gateway.welcomes = True
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


# Speaking


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
        await home.joystick.requests.asked("api/v1/chat/whispers", "POST")
        async with asyncio.timeout(3):
            assert "points" in await home.ask("Bob", "!points")
        assert await whisper is None


async def test_a_paid_message_that_fails_keeps_nobody_waiting(home: Harness) -> None:
    async with home.installed() as app:
        home.joystick.faults.add("api/v1/chat/messages", status=500)
        saying = asyncio.create_task(the_bot(app).say("It was paid for.", None, "joystick"))
        await home.joystick.requests.asked("api/v1/chat/messages", "POST")
        async with asyncio.timeout(3):
            assert "points" in await home.ask("Bob", "!points")
        assert await saying
        assert [said.text for said in home.joystick.said if "paid" in said.text] == ["It was paid for."]


async def test_an_answer_that_comes_late_is_said_once(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.bot.outbox.RETRY_SECONDS", 0.1)
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
