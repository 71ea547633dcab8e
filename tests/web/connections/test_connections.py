"""Which connections stay, and which one makes room."""

import sys

import pytest

from pixel_bot.web import connections as module
from pixel_bot.web.connections import Connection, Connections, Limits, Phase, address_group


class Link:
    """A connection's other half, whose phase the test sets."""

    def __init__(self, phase: Phase = Phase.HEAD) -> None:
        self.now = phase
        self.ended = ""
        self.unread = False

    def has_unread(self) -> bool:
        return self.unread

    def phase(self) -> Phase:
        return self.now

    def time_out(self) -> None:
        self.ended = "timed out"

    def abort(self) -> None:
        self.ended = "aborted"


class World:
    """Connections on a clock that the test sets."""

    def __init__(self, most: int = 8, reserve: int = 2, of_one_address: int = 3) -> None:
        self.time = 0.0
        self.all = Connections(Limits(most, reserve, of_one_address), lambda: self.time)

    def open(self, phase: Phase = Phase.HEAD, address: str = "127.0.0.1") -> tuple[Link, Connection]:
        self.time += 0.001
        link = Link(phase)
        connection = self.all.admit(link, address)
        assert connection is not None
        return link, connection


def test_the_oldest_that_asked_for_nothing_makes_room() -> None:
    world = World()
    links = [world.open()[0] for _ in range(6)]
    assert len(world.all) == 6
    world.open()
    assert [link.ended for link in links] == ["aborted", "", "", "", "", ""]
    assert len(world.all) == 6


def test_whose_request_has_arrived_makes_no_room_unless_all_have() -> None:
    world = World()
    links = [world.open()[0] for _ in range(6)]
    for number in (0, 1, 3):
        links[number].unread = True
    world.open()
    assert [link.ended for link in links] == ["", "", "aborted", "", "", ""]
    world = World()
    links = [world.open()[0] for _ in range(6)]
    for link in links:
        link.unread = True
    world.open()
    assert [link.ended for link in links] == ["aborted", "", "", "", "", ""]


def test_nobody_makes_room_while_all_wait_for_our_answer() -> None:
    world = World()
    links = [world.open(Phase.ANSWER)[0] for _ in range(6)]
    assert world.all.admit(Link(), "127.0.0.1") is None
    links[3].now = Phase.IDLE
    world.open()
    assert [link.ended for link in links] == ["", "", "", "aborted", "", ""]


def test_a_connection_with_a_key_stays_and_has_a_reserve() -> None:
    world = World()
    kept = [world.open(Phase.OPEN) for _ in range(3)]
    for _, connection in kept:
        world.all.trust(connection)
    for _ in range(50):
        world.open()
    assert [link.ended for link, _ in kept] == ["", "", ""]
    assert len(world.all) == 8
    for link, _ in kept:
        world.all.remove(link)
    for _ in range(50):
        world.open()
    assert len(world.all) == 6, "strangers never take the reserve"


def test_not_everybody_can_be_trusted() -> None:
    world = World()
    for _ in range(20):
        world.all.trust(world.open(Phase.OPEN)[1])
    world.open()
    assert len(world.all) <= 8


def test_what_was_never_asked_goes_before_a_kept_alive_one_and_a_page() -> None:
    world = World()
    page, _ = world.open(Phase.OPEN)
    asked, connection = world.open(Phase.IDLE)
    connection.asked = True
    with_key, trusted = world.open(Phase.IDLE)
    world.all.trust(trusted)
    idle = [world.open()[0] for _ in range(3)]
    rest = [idle[0], idle[1], idle[2]]
    for _ in range(3):
        world.open(Phase.ANSWER)
    world.open(Phase.ANSWER)
    assert {link.ended for link in rest} == {"aborted"}
    world.open(Phase.ANSWER)
    assert (asked.ended, page.ended, with_key.ended) == ("aborted", "", "")
    world.open(Phase.ANSWER)
    assert (page.ended, with_key.ended) == ("aborted", "")


def test_an_address_elsewhere_has_a_limit_of_its_own() -> None:
    world = World()
    first = [world.open(address="192.168.0.9")[0] for _ in range(3)]
    other, _ = world.open(address="192.168.0.10")
    world.open(address="192.168.0.9")
    assert ([link.ended for link in first], other.ended) == (["aborted", "", ""], "")
    for link in first[1:]:
        link.now = Phase.ANSWER
    for link in list(world.all._open):
        assert isinstance(link, Link)
        link.now = Phase.ANSWER
    assert world.all.admit(Link(), "192.168.0.9") is None
    world.open(address="192.168.0.11")


@pytest.mark.parametrize(
    ("phase", "seconds", "is_late"),
    [
        (Phase.HEAD, 9.9, False),
        (Phase.HEAD, 10.1, True),
        (Phase.BODY, 10.1, True),
        (Phase.HELLO, 15.1, True),
        (Phase.READING, 29.9, False),
        (Phase.READING, 30.1, True),
        (Phase.ANSWER, 9_999, False),
        (Phase.OPEN, 9_999, False),
    ],
)
def test_what_the_other_side_owes_has_a_time_limit(phase: Phase, seconds: float, is_late: bool) -> None:
    world = World()
    link, _ = world.open(phase)
    world.all.sweep()
    world.time += seconds
    world.all.sweep()
    assert (link.ended, len(world.all)) == (("timed out", 0) if is_late else ("", 1))


def test_a_body_that_trickles_ends_too() -> None:
    world = World()
    link, connection = world.open(Phase.BODY)
    world.all.sweep()
    for _ in range(23):
        world.time += 5
        world.all.moved(connection)
        world.all.sweep()
    assert link.ended == ""
    world.time += 6
    world.all.moved(connection)
    world.all.sweep()
    assert link.ended == "timed out"


def test_a_new_phase_has_new_time() -> None:
    world = World()
    link, _ = world.open()
    world.time += 9
    link.now = Phase.ANSWER
    world.all.sweep()
    link.now = Phase.BODY
    world.time += 9
    world.all.sweep()
    world.time += 9
    world.all.sweep()
    assert link.ended == ""


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("127.0.0.1", ""),
        ("127.8.0.1", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("", ""),
        ("192.168.0.9", "192.168.0.9"),
        ("::ffff:192.168.0.9", "192.168.0.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::2", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_whose_connections_count_together(address: str, group: str) -> None:
    assert address_group(address) == group


@pytest.mark.parametrize(("limit", "most"), [(None, 400), (1_000_000, 400), (1_024, 400), (256, 48), (100, 8)])
def test_the_cap_leaves_room_for_the_rest_of_the_bot(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, most: int
) -> None:
    monkeypatch.setattr(module, "descriptor_limit", lambda: limit)
    limits = Limits.of_this_process()
    assert (limits.most, limits.reserve) == (most, most // 4)
    assert 4 <= limits.of_one_address <= limits.most


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_the_limit_of_descriptors_is_known() -> None:
    import resource

    assert module.descriptor_limit() == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
