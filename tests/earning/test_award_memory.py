"""The bounded memory of who was paid when."""

from typing import Any

import pytest

from pixel_bot.clock import from_micros
from pixel_bot.lru_cache import LruCache
from pixel_bot.services import Services
from tests.earning.messages import file_of, follow, line, say
from tests.harness.seed import query

# Memory


def test_memory_keeps_the_last_keys_and_never_more_than_twice_as_many() -> None:
    memory: LruCache[int, str] = LruCache(10)
    for i in range(1_000):
        memory.put(i, str(i))
        assert all(memory.get(k) == str(k) for k in range(max(0, i - 9), i + 1))
    assert sum(memory.get(k) is not None for k in range(1_000)) <= 20


def test_memory_keeps_what_is_asked_for() -> None:
    memory: LruCache[int, str] = LruCache(10)
    memory.put(-1, "here")
    for i in range(1_000):
        memory.put(i, "")
        if i % 5 == 0:
            assert memory.get(-1) == "here"


def test_memory_forgets_a_key() -> None:
    memory: LruCache[int, str] = LruCache(2)
    for i in range(4):
        memory.put(i, str(i))
    for i in range(4):
        memory.forget(i)
        assert memory.get(i) is None
    memory.forget(99)


def test_memory_forgets_all() -> None:
    memory: LruCache[int, str] = LruCache(2)
    for i in range(4):
        memory.put(i, str(i))
    memory.clear()
    assert [memory.get(i) for i in range(4)] == [None] * 4


def test_memory_says_whether_a_key_is_new() -> None:
    memory: LruCache[str, bool] = LruCache(2)
    assert [memory.add(key, True) for key in ("a", "b", "a", "c", "b")] == [True, True, False, True, False]


def test_memory_gives_the_newest_value() -> None:
    memory: LruCache[str, int] = LruCache(2)
    for value, key in enumerate(("a", "b", "c", "a", "d", "e")):
        memory.put(key, value)
    assert (memory.get("a"), memory.get("e")) == (3, 5)


async def test_many_chatters_leave_a_bounded_memory(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = services.awards.gate
    monkeypatch.setattr(gate, "chatters", LruCache[str, Any](100))
    for minute in range(20):
        await say(services, [line(f"m{minute}-{i}", 60 * minute, f"user{minute}-{i}") for i in range(200)])
    remembered = sum(gate.chatters.get(f"id-user{m}-{i}") is not None for m in range(20) for i in range(200))
    assert remembered <= 200
    assert query(file_of(services), "SELECT SUM(points) FROM users") == [(4_000,)]


async def test_who_was_heard_is_forgotten_after_half_an_hour(services: Services) -> None:
    gate = services.awards.gate
    for minute in range(100):
        for i in range(50):
            one = line(f"m{minute}-{i}", 60 * minute, f"user{minute}-{i}")
            follow(services, from_micros(one.at))
            services.awards.chat(one)
    await services.awards.drained()
    assert len(gate.authors_since(0)) <= 2 * 31 * 50
    assert len(gate.authors_since(line("x", 60 * 70).at)) == 30 * 50
