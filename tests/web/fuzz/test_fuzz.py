"""Whatever is sent to the bot's port: an answer below 500, no traceback, and no socket lost."""

from collections.abc import Generator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixel_bot.testing.settings import stands_in_for
from tests.harness.pattern import fresh_file
from tests.harness.rounds import rounds
from tests.web.fuzz.inputs import FRAMES, LARGE_INPUTS, requests
from tests.web.fuzz.target import Target, survives, targets

# The bots are threads of this process, and hypothesis takes their random numbers for the strategies' own. The inputs
# are large on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning"),
    pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning"),
]

quick = settings(
    max_examples=rounds(40), deadline=None, derandomize=True, database=None, suppress_health_check=LARGE_INPUTS
)


@pytest.fixture(scope="module")
def bots(tmp_path_factory: pytest.TempPathFactory) -> Generator[list[Target]]:
    stands_in_for.append(fresh_file)
    with targets(tmp_path_factory.mktemp("fuzz")) as made:
        stands_in_for.pop()
        yield made


def test_all_routes_are_there(bots: list[Target]) -> None:
    sandbox, real = ({route.path for route in bot.routes} for bot in bots)
    assert {"/", "/healthz", "/sandbox/replay", "/overlay/audio/{token}", "/sandbox/twitch/helix/users"} <= sandbox
    assert {"/setup", "/setup/accept", "/oauth", "/oauth/callback", "/joystick/oauth/callback", "/overlay"} <= real
    assert {"/overlay/ws", "/sandbox/live", "/sandbox/twitch/ws", "/sandbox/joystick/cable"} == set(bots[0].sockets)
    assert bots[1].sockets == ["/overlay/ws"]


@quick
@given(data=st.data())
def test_any_request_is_answered(bots: list[Target], data: st.DataObject) -> None:
    bot = bots[data.draw(st.integers(0, 1))]
    route, request = data.draw(requests(bot.routes))
    wrong = bot.send(route, request)
    assert (wrong, bot.errors.found) == ("", [])


@quick
@given(frames=st.lists(FRAMES, min_size=1, max_size=4), binary=st.booleans(), greeted=st.booleans())
@example(
    frames=[b'{"do": "ack", "state": []}', b'{"do":"ack","state":"finished","seconds":1e400}'],
    binary=False,
    greeted=True,
)
def test_any_frame_of_an_overlay_page_is_borne(
    bots: list[Target], frames: list[bytes], binary: bool, greeted: bool
) -> None:
    with bots[0].open(f"/overlay/ws?key={bots[0].key}") as page:
        if greeted:
            page.send('{"do":"hello"}')
        lost = [frame for frame in frames if not survives(page, frame, binary=binary)]
    assert (lost, bots[0].errors.found) == ([], [])


@quick
@given(frames=st.lists(FRAMES, min_size=1, max_size=4), binary=st.booleans())
@example(frames=[b'{"do":"event","kind":"cheer","amount":1e400}'], binary=True)
def test_any_frame_of_the_sandbox_page_is_borne(bots: list[Target], frames: list[bytes], binary: bool) -> None:
    with bots[0].open("/sandbox/live") as page:
        page.send('{"do":"pick","login":"viewer_vi"}')
        lost = [frame for frame in frames if not survives(page, frame, binary=binary)]
    assert (lost, bots[0].errors.found) == ([], [])


@quick
@given(
    path=st.sampled_from(
        ["/sandbox/twitch/ws", "/sandbox/joystick/cable", "/sandbox/twitch/ws?keepalive_timeout_seconds=²"]
    ),
    frames=st.lists(FRAMES, min_size=1, max_size=4),
    binary=st.booleans(),
)
def test_any_frame_to_the_doubles_is_borne(bots: list[Target], path: str, frames: list[bytes], binary: bool) -> None:
    with bots[0].open(path) as page:
        for frame in frames:
            survives(page, frame, binary=binary)  # they close by themselves, as the platforms do
    assert bots[0].errors.found == []
