"""No secret is shown, logged or stored in the clear by a bot that runs, whatever fails."""

import asyncio
import base64
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from twitchio.http import Route

from pixel_bot.platforms.twitch.helix_structs import StreamRow
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.upkeep.backup_file import back_up
from tests.harness.twitch_harness import CHAT, listening, the_bot
from tests.platforms.twitch.secrets.canaries import SETTINGS, Canaries
from tests.platforms.twitch.secrets.telling import bot, fails, faults_that_tell, look_around


def test_the_search_finds_what_there_is(tmp_path: Path) -> None:
    written = io.StringIO("refresh=" + quote(SETTINGS["obs_password"], safe=""))
    canaries = Canaries.__new__(Canaries)
    canaries.written, canaries.seen, canaries.secrets = written, [], dict(SETTINGS)
    canaries.look("a page", base64.b64encode(SETTINGS["ai_api_key"].encode()).decode())
    canaries.look("/setup", SETTINGS["overlay_key"])
    error = ValueError("harmless")
    error.__context__ = ValueError("https://x/?key=" + SETTINGS["overlay_key"])
    canaries.look_at_error("an error", error)
    assert "obs_password in the log" in canaries.found()
    assert "ai_api_key in a page" in canaries.found()
    assert "overlay_key in an error: ValueError" in canaries.found()
    assert "overlay_key in /setup" not in canaries.found()


async def test_requests_and_connections_that_fail_tell_nothing(canaries: Canaries) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        assert "I am here" in (await home.said(lambda _: True)).text
        bot_tokens = app.platform.accounts.tokens_of("bot")
        assert bot_tokens is not None
        for fault in faults_that_tell(*list(canaries.secrets.values())[4:]):
            for path in ("streams", "users", "chat/messages", "moderation/moderators"):
                home.twitch.faults.add(path, **fault)
            home.twitch.faults.add("eventsub/subscriptions", times=2, **fault)
            home.twitch.faults.add("ws", status=403, headers={"X-Echo": bot_tokens.access})
            await fails(canaries, "get", lambda: app.platform.helix.get("streams", "bot", StreamRow))
            await fails(canaries, "call", lambda: app.platform.http.request(Route("GET", "users", token_for="bot")))
            if fault.get("status", 500) >= 300:  # an answer that is one, and cannot be read, is a matter of its own
                await home.say("alice", "!points")
                await home.twitch.request_count(
                    "chat/messages", "POST", home.twitch.requests.times("chat/messages", "POST")
                )
            lost = home.session(CHAT)
            await home.twitch.lose(lost, mid_frame=True)
            async with asyncio.timeout(10):
                await app.platform.eventsub.ready()
            await look_around(canaries, app)
            home.twitch.faults.clear()
            await home.sign_in(app, "bot", BOT)
            await home.all_heard(lost)
            await listening(app)
        await _frames_that_tell(canaries)
        await home.say("alice", "!pixel hello")
        await the_bot(app).settled()
        await look_around(canaries, app)
    assert "No answer to GET streams" in canaries.written.getvalue()
    assert canaries.found() == []


async def _frames_that_tell(canaries: Canaries) -> None:
    session = canaries.home.session(CHAT)
    for secret in list(canaries.secrets.values()):
        await session.socket.send_text(f"no json, but {secret}")
        await session.socket.send_json({"metadata": {"message_type": secret}})
        await session.socket.send_json({"metadata": {"message_type": "revocation"}, "payload": secret})
        event = {"metadata": {"message_type": "notification", "subscription_type": secret}, "payload": secret}
        await session.socket.send_json(event)


async def test_a_fault_of_our_own_tells_nothing(canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        secrets = " ".join(canaries.secrets.values())

        def broken(*_: object, **__: object) -> Any:
            raise RuntimeError(f"a fault with {secrets}")

        monkeypatch.setattr(app.services.overlay, "best", broken)
        monkeypatch.setattr(app.platform.token_refresh, "_check_role", broken)
        status, text = await home.get(app, "/setup")
        assert status == 500
        canaries.look("500", text)
        monkeypatch.setattr(the_bot(app).status, "words", broken)
        answer = await home.ask("mila", "!status", "moderator")
        canaries.look("chat", answer)
        monkeypatch.setattr(the_bot(app).notifications, "on_notification", broken)
        monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub.connections.RESTART_SECONDS", 0.05)
        await home.say("alice", "hello")
        monkeypatch.undo()
    assert "a fault with" in canaries.written.getvalue()
    assert canaries.found() == []


@pytest.mark.sqlite
async def test_files_and_backups_hold_no_secret_in_the_clear(canaries: Canaries, tmp_path: Path) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        database = app.services.database.path
        assert database is not None
        wal = database.with_name(f"{database.name}-wal")
        copy = back_up(database, tmp_path / "backups", datetime.now(UTC))
        for file in (database, wal, copy):
            assert b"pixelbot" in file.read_bytes() or file == database
            canaries.look(file.name, file.read_bytes().decode("latin-1"))
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        canaries.look(file.name, file.read_bytes().decode("latin-1"))
    assert len(canaries.secrets) >= 9
    assert canaries.found() == []
