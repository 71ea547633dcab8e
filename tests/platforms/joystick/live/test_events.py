"""A live bot on Joystick: events and commands."""

import pytest

from pixel_bot.model.outgoing import Outgoing
from tests.harness.joystick_harness import Harness, platform, points, settled, the_bot, until


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
