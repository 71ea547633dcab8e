"""Who was heard without anything to write."""

from pixel_bot.earning import heard as module
from pixel_bot.earning.heard import Heard
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.names import named
from pixel_bot.model.people import Person

YUKI = Person("1", "yuki_1", "ゆき")
OTHER = Person("2", "yuki_2", "ゆき")


def test_by_login_and_by_display_name() -> None:
    heard = Heard()
    heard.note(YUKI)
    assert heard.called(named("@YUKI_1", "twitch")) == heard.called(named("ゆき", "twitch")) == [YUKI]
    assert heard.called(named("yuki_2", "twitch")) == heard.called(named("yuki_1", "joystick")) == []


def test_two_of_one_display_name_are_both_there() -> None:
    heard = Heard()
    for person in (YUKI, OTHER, YUKI):
        heard.note(person)
    assert set(heard.called(named("ゆき", "twitch"))) == {YUKI, OTHER}


def test_who_has_the_login_goes_first() -> None:
    heard = Heard()
    heard.note(Person("3", "somebody", "Yuki_1"))
    heard.note(YUKI)
    assert heard.called(named("yuki_1", "twitch")) == [YUKI]


def test_a_rename_counts_once() -> None:
    heard = Heard()
    heard.note(YUKI)
    renamed = YUKI._replace(login="yuki_new")
    heard.note(renamed)
    assert heard.called(named("ゆき", "twitch")) == [renamed]


def test_memory_is_bounded() -> None:
    heard = Heard()
    heard._people = LruCache(10)  # pyright: ignore[reportPrivateUsage]
    for i in range(1_000):
        heard.note(Person(str(i), f"viewer_{i}", "Same"))
    assert len(heard._people.remembered()) <= 20  # pyright: ignore[reportPrivateUsage]
    assert len(heard.called(named("same", "twitch"))) <= 4
    assert module.REMEMBERED >= 1_000
