"""``bot.moderation``, ``bot.channel``, ``bot.http`` and ``bot.obs``, as cogs use them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from pixel_bot.bot.cog_services.http import CogHttp
from pixel_bot.model.people import Person
from pixel_bot.platforms.twitch.helix import HelixError
from pixel_bot.plugin import BadInput, Category, ChannelInfo, HttpAnswer, HttpFailed, ObsFailed, PlatformRefused
from pixel_bot.testing import FakeHttp, stage
from tests.bot.cogs.conftest import WriteCog

GUARD = """
    scopes = ["moderator:manage:chat_messages", "moderator:manage:banned_users"]

    @filter()
    def no_spam(self, message):
        return Block("No spam.", delete=True, timeout=60) if "spam" in message.text else None
"""

MOD = """
    @command()
    async def warn(self, ctx, viewer: KnownViewer):
        await self.bot.moderation.warn(viewer, "Be kind.")
        await self.bot.moderation.delete(ctx)
        await self.bot.moderation.timeout(ctx.viewer, 5)
"""


async def test_a_filter_deletes_and_times_out_and_never_a_mod(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(GUARD)) as chat:
        await chat.say("alice", "spam", message_id="m1")
        assert chat.twitch.deleted == ["m1"]
        assert chat.twitch.timeouts == [("alice", 60, "No spam.")]
        await chat.say("mod_mila", "spam", "moderator")
        await chat.say("", "spam", "broadcaster")
        await chat.say_there("joy_mod", "spam", mod=True)
        assert (len(chat.twitch.deleted), len(chat.twitch.timeouts), chat.joystick_commands) == (1, 1, [])


async def test_joystick_deletes_and_mutes_and_lifts_the_mute(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(GUARD)) as chat:
        await chat.say_there("joy", "spam", message_id="m1")
        assert chat.joystick_commands == [
            {"action": "delete_message", "message_id": "m1"},
            {"action": "mute_user", "message_id": "m1"},
        ]
        chat.clock.advance(59)
        await chat.bot.outside.joystick.lift_mutes()
        assert len(chat.joystick_commands) == 2
    async with stage(tmp_path, chat.clock, cogs_dir=tmp_path / "my_cogs") as chat:
        chat.clock.advance(1)
        await chat.bot.outside.joystick.lift_mutes()
        assert chat.joystick_commands == [{"action": "unmute_user", "username": "joy"}]
        await chat.bot.outside.joystick.lift_mutes()
        assert len(chat.joystick_commands) == 1


async def test_a_command_moderates_on_the_platform_of_the_viewer(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(MOD)) as chat:
        await chat.viewer("bob")
        assert await chat.say("alice", "!warn @bob", message_id="m1") == []
        assert chat.twitch.warnings == [("bob", "Be kind.")]
        assert chat.twitch.deleted == ["m1"]
        assert chat.twitch.timeouts == [("alice", 5, "")]
        await chat.say_there("joy", "hello")
        assert await chat.say_there("jim", "!warn @joy", message_id="m2") == []
        assert chat.whispers == [("joy", "A warning: Be kind.")]
        assert [command["action"] for command in chat.joystick_commands] == ["delete_message", "mute_user"]


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (HelixError(401, "Missing scope: moderator:manage:warnings"), "(moderator:manage:warnings), which the set-up"),
        (HelixError(401, "the broadcaster account is not signed in"), "the streamer has to sign in on Twitch again"),
        (HelixError(403, "no mod"), "I could not warn anybody: Twitch does not allow it here (no mod)."),
        (HelixError(429, "slow down"), "it is too soon (slow down). Try again in a minute."),
        (HelixError(400, "may not be warned."), "Twitch refused it (may not be warned)."),
        (HelixError(0, "no answer"), "Twitch cannot be reached right now."),
    ],
)
async def test_what_twitch_refuses_is_a_sentence(
    tmp_path: Path, cog: WriteCog, failure: HelixError, sentence: str
) -> None:
    async with stage(tmp_path, cogs_dir=cog(MOD)) as chat:
        await chat.viewer("bob")
        chat.twitch.failure = failure
        (answer,) = await chat.say("alice", "!warn @bob")
        assert sentence in answer


async def test_without_a_scope_that_part_is_off_and_it_is_said(
    tmp_path: Path, cog: WriteCog, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, cogs_dir=cog(GUARD), cogs_off="channel,greetings") as chat:
        lacks = "mine (partly off: allow moderator:manage:banned_users on the set-up page)"
        assert lacks not in (await chat.say("", "!cog list", "broadcaster"))[0]
        chat.bot.runtime.scopes.granted = lambda _: {"moderator:manage:chat_messages"}
        assert lacks in (await chat.say("", "!cog list", "broadcaster"))[0]
        assert "cog mine (partly off" in (await chat.say("", "!status", "broadcaster"))[0]
        assert chat.bot.runtime.scopes.missing_of("broadcaster") == {
            "moderator:manage:banned_users": "timeouts and bans, for the cog mine"
        }
        await chat.say("alice", "spam", message_id="m1")
        assert (chat.twitch.deleted, chat.twitch.timeouts) == (["m1"], [])
        assert "I cannot time anybody out yet" in caplog.text
        await chat.say("", "!cog unload mine", "broadcaster")
        assert chat.bot.runtime.scopes.of("broadcaster") == frozenset()


@pytest.mark.parametrize("named", ['["moderator:delete:everything"]', '"bits:read"', "3"])
async def test_a_scope_that_twitch_does_not_have_is_refused_at_load(
    tmp_path: Path, cog: WriteCog, named: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, cogs_dir=cog(f"scopes = {named}\n")) as chat:
        assert not any(state.loaded for state in chat.bot.cogs.states() if state.name == "mine")
        assert "no scope" in caplog.text or "must be a list" in caplog.text


async def test_title_and_category(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        channel = chat.bot.channel
        await channel.set_title("  A new\n title ")
        assert str(await channel.set_category("tetris")) == "Tetris"
        info = await channel.info()
        assert (type(info), type(info.category)) == (ChannelInfo, Category)
        assert (info.title, str(info.category)) == ("A new title", "Tetris")
        assert [str(one) for one in await channel.find_categories("tetris")] == ["Tetris", "Tetris Effect"]
        with pytest.raises(BadInput, match=r"no category tetr\. Did you mean Tetris or Tetris Effect\?"):
            await channel.set_category("tetr")
        with pytest.raises(BadInput, match="1 to 140 characters"):
            await channel.set_title("x" * 141)


async def test_announcements_and_shoutouts_within_twitchs_limits(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        channel, alice, bob = chat.bot.channel, await chat.viewer("alice"), await chat.viewer("bob")
        await channel.announce("Hear, hear!")
        assert chat.twitch.announcements == ["Hear, hear!"]
        await channel.shoutout(alice)
        with pytest.raises(PlatformRefused, match="shout out anybody in 2m"):
            await channel.shoutout(bob)
        chat.clock.advance(121)
        await channel.shoutout(bob)
        chat.clock.advance(121)
        with pytest.raises(PlatformRefused, match="shout out alice again in 55m 58s"):
            await channel.shoutout(alice)
        chat.clock.advance(3_600)
        await channel.shoutout(alice)
        assert chat.twitch.shoutouts == ["alice", "bob", "alice"]


async def test_who_follows_since_when_and_who_is_there(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        channel, alice, since = chat.bot.channel, await chat.viewer("alice"), datetime(2024, 5, 1, tzinfo=UTC)
        assert await channel.following_since(alice) is None
        chat.twitch.followers["alice"] = since
        assert await channel.following_since(alice) == since
        assert await channel.account_created(alice) == datetime(2016, 12, 14, 20, 32, 28, tzinfo=UTC)
        chat.twitch.present = ["alice", "bob"]
        assert [str(person) for person in await channel.chatters()] == ["alice", "bob"]
        with pytest.raises(PlatformRefused, match=r"Joy has no account on Twitch that I know of"):
            await channel.following_since(Person("joy", "joy", "Joy", "joystick"))


async def test_http_retries_what_may_be_sent_twice_and_keeps_secrets(caplog: pytest.LogCaptureFixture) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    wire = FakeHttp()
    http = CogHttp(wire, sleep)
    wire.answers("https://example.org/api", {"ok": True})
    wire.answers("https://example.org/api", status=503, times=2)
    answer = await http.get("https://example.org/api", params={"key": SecretStr("hidden-key-1")})
    assert isinstance(answer, HttpAnswer)
    assert (answer.json(), answer.text) == ({"ok": True}, '{"ok":true}')
    assert [request.url for request in wire.requests] == ["https://example.org/api?key=hidden-key-1"] * 3
    assert 0.4 <= pauses[0] <= 0.6 <= pauses[1] <= 1.2
    secret = SecretStr("https://hooks.example.org/1234/a-secret")
    wire.answers("https://hooks.example.org/", text="no", status=500)
    with pytest.raises(HttpFailed, match=r"^hooks\.example\.org answered 500\.") as caught:
        await http.post(secret, {"content": "hi"})
    assert len(wire.requests) == 4, "what may have been done is not sent again"
    assert (caught.value.status, caught.value.host) == (500, "hooks.example.org")
    wire.answers("https://hooks.example.org/", status=429, headers={"Retry-After": "3"}, times=1)
    with pytest.raises(HttpFailed):
        await http.post(secret, {"content": "hi"})
    assert (len(wire.requests), pauses[2]) == (6, 3.0)
    wire.answers("https://hooks.example.org/", status=0)
    with pytest.raises(HttpFailed, match=r"cannot be reached \(a test has no network\)"):
        await http.request("POST", secret, idempotent=True)
    assert len(wire.requests) == 9
    for told in (caplog.text, str(caught.value), repr(wire.requests), repr(caught.value)):
        assert "secret" not in told
    await http.close()
    with pytest.raises(HttpFailed, match="the bot is stopping"):
        await http.get("https://example.org/api")
    with pytest.raises(ValueError, match="begins with https://"):
        await http.get("ftp://example.org")


async def test_obs_is_asked_and_its_events_are_heard(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @on(ObsSceneChanged, scene="Break")
    async def pause(self, event):
        await self.bot.announce(f"{event.scene}!")

    @on(ObsConnected)
    async def back(self, event):
        await self.bot.announce("OBS is back.")
    """
    async with stage(tmp_path, cogs_dir=cog(body), obs_password="secret") as chat:
        obs = chat.bot.obs
        chat.obs.scenes = {"Main": {"Camera": True, "Logo": False}, "Break": {}}
        chat.obs.filters["Camera", "Blur"] = False
        chat.obs.texts["Label"] = ""
        assert (await obs.scene(), await obs.scenes()) == ("Main", ["Main", "Break"])
        await obs.show("Logo")
        await obs.show("Camera", visible=False, scene="Main")
        await obs.set_filter("Camera", "Blur")
        await obs.set_text("Label", "42")
        assert chat.obs.scenes["Main"] == {"Camera": False, "Logo": True}
        assert (chat.obs.filters["Camera", "Blur"], chat.obs.texts["Label"]) == (True, "42")
        await obs.set_scene("Break")
        chat.obs.goes_away()
        with pytest.raises(ObsFailed, match=r"I could not switch the scene: OBS is not connected\."):
            await obs.set_scene("Main")
        chat.obs.comes_back()
        await chat.settled()
        assert set(chat.sent) == {"Break!", "OBS is back."}
        with pytest.raises(ObsFailed, match=r"OBS has no scene Nowhere\."):
            await obs.set_scene("Nowhere")
        obs.use(None)
        with pytest.raises(ObsFailed, match="OBS is not set up"):
            await obs.scene()
