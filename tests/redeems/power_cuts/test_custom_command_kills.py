"""A bot that is killed while a custom command is bought: it is paid and said once, or given back once and told."""

import os

import pytest

from tests.harness.rounds import rounds
from tests.harness.waiting import until
from tests.redeems.mortal_bot import Harness

pytestmark = [
    pytest.mark.repeated,
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system"),
    pytest.mark.asyncio(loop_scope="module"),
]

COST = 20
POINTS = ("before-commit", "after-commit", "after-answer")

SAID = """
    SELECT i.message_id, i.status, i.cost, u.name FROM queue_items i JOIN users u ON u.id = i.user_id
    WHERE i.redeem = 'cheer'
"""


async def test_killed_on_the_way_of_a_command_that_costs(house: Harness) -> None:
    """Whichever commit was the last: no command is said twice, and none is counted twice."""
    await house.starts()
    await house.say("boss", "!cmd add cheer $(user) cheers, number $(count)", "moderator")
    await until(lambda: house.told("Added !cheer"))
    await house.say("boss", f"!cmd option cheer cost {COST}", "moderator")
    await until(lambda: house.told("Set cost of !cheer"))
    await house.kill()
    fans = 0
    for number in range(1, 8):
        for point in POINTS[: rounds(1)] if rounds(1) > 1 else POINTS[number % 3 : number % 3 + 1]:
            if await house.starts(point, number):
                await house.say(f"fan{fans}", "!cheer")
                await house.dies_or_is_done(f"fan{fans}", 1)
                fans += 1
    await house.starts()
    await house.settles()
    assert fans >= 3
    await house.is_right()
    bought = house.rows(SAID)
    assert 2 <= len(bought) <= fans  # who died before the purchase has bought nothing
    assert {cost for _, _, cost, _ in bought} == {COST}
    for message, status, _, name in bought:
        answers = [x.text for x in house.lines if x.reply_id == message and "cheers, number" in x.text]
        assert len(answers) == 1 if status == "done" else len(answers) <= 1, (name, status, answers)
    numbers = [x.text.rpartition(" ")[2] for x in house.lines if "cheers, number" in x.text]
    assert len(numbers) == len(set(numbers))
    ((counted,),) = house.rows("SELECT value FROM cog_counters_counter WHERE name = 'cheer'")
    assert len(numbers) <= counted <= len(bought)
