"""Who was heard without anything to write."""

import pytest

from pixel_bot.earning import heard as module
from pixel_bot.earning.heard import Heard
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


def test_a_rename_counts_once_and_the_old_name_is_gone() -> None:
    heard = Heard()
    heard.note(YUKI)
    renamed = YUKI._replace(login="yuki_new")
    heard.note(renamed)
    assert heard.called(named("ゆき", "twitch")) == heard.called(named("yuki_new", "twitch")) == [renamed]
    assert heard.called(named("yuki_1", "twitch")) == []
    assert "1" in heard
    assert "2" not in heard


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 10)
    heard = Heard()
    for i in range(1_000):
        heard.note(Person(str(i), f"viewer_{i}", "Same"))
    assert sum(str(i) in heard for i in range(1_000)) <= 20
    assert len(heard.called(named("same", "twitch"))) == module.OF_ONE_NAME
    assert heard.called(named("viewer_0", "twitch")) == []
