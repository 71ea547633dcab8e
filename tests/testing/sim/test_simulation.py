"""The simulator plays the same season for the same seed, and sees promises that are broken."""



from pixel_bot.testing.sim.plan import Plan, Trouble
from pixel_bot.testing.sim.simulate import simulate

ALL = dict.fromkeys(Trouble, 15.0)
WILD = Plan(seed=7, seconds=120.0, chatters=5, pace=1.0, every=ALL)


def test_a_wild_channel_keeps_every_promise_and_comes_to_the_same_twice() -> None:
    first, second = simulate(WILD), simulate(WILD)
    assert first.violation is None
    assert first == second
    assert first.kills >= 3
    assert first.said > 10


def test_another_seed_is_another_season() -> None:
    quiet = Plan(seed=1, seconds=20.0, chatters=3, pace=1.0)
    other = Plan(seed=2, seconds=20.0, chatters=3, pace=1.0)
    assert simulate(quiet).digest != simulate(other).digest
