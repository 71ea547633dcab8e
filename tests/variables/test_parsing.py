"""Texts with variables are read in all their forms; whatever a text is, reading it never raises and ends soon."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.variables.call import Rendered, VariableCall, VariableFailed, VariableSource
from pixel_bot.variables.parsing import MAX_DEPTH, MAX_VARIABLES, Variable, parse, variables_in
from pixel_bot.variables.rendering import MAX_OUT, Known, render
from tests.variables.hostile import PIECES, texts


async def told(call: VariableCall) -> str | None:
    """What a variable was asked with."""
    if call.name[0].isdigit():
        index = int(call.name.partition(":")[0]) - 1
        return (call.source.words[index:] or [""])[0]
    return f"<{'/'.join(filter(None, (call.name, call.field, *call.words)))}>"


def find(name: str, after: str) -> tuple[Known, str] | None:
    return None if name == "unknown" else (Known(told), after)


async def filled(text: str, typed: str = "") -> str:
    return (await render(text, VariableSource("m1", text=typed), find, _unexpected)).text


def _unexpected(name: str, error: Exception) -> None:
    raise AssertionError(name) from error


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$(user) and ${user}, {user.name}, $username", "<user> and <user>, <user/name>, <username>"),
        ("$(user.points)", "<user/points>"),
        ("$(random.pick 'a b' \"c d\" e)", "<random/pick/a b/c d/e>"),
        ("$(random.pick 'it's' x)", "<random/pick/it's/x>"),
        ("$(urlfetch https://a.example/?q=$(query)&x=(1))", "<urlfetch/https://a.example/?q=<query>&x=(1)>"),
        ('$(time Europe/Berlin "h:mm (a)")', "<time/Europe/Berlin/h:mm (a)>"),
        ("$(time.Europe/Berlin)", "<time/Europe/Berlin>"),
        ("{readapi.https://a.example/{user.name}}", "<readapi/https://a.example/<user/name>>"),
        ("$(1|sender)", "<sender>"),
        ("$(1|'nobody here')", "nobody here"),
        ("$(1|$(touser))", "<touser>"),
        ("$(unknown) $(unknown x $(user))", "$(unknown) $(unknown x $(user))"),
        ('$(twitch x "{{displayName}} plays {{game}}")', "<twitch/x/{{displayName}} plays {{game}}>"),
        ("$USER costs $5 (or $ 6) {braces} $(", "$USER costs $5 (or $ 6) {braces} $("),
        ("$(never closed $(user)", "$(never closed <user>"),
        ("$() $( ) $(!x) ${}", "$() $( ) $(!x) ${}"),
        ("$(USER)", "<user>"),
    ],
)
async def test_a_text_is_filled_in(text: str, result: str) -> None:
    assert await filled(text) == result


async def test_a_choice_that_has_a_value_wins() -> None:
    assert await filled("$(1|sender)", "bob") == "bob"


async def test_what_somebody_typed_is_never_read_for_variables() -> None:
    assert await filled("$(1) $(repeat 2 $(1))", "$(user)") == "$(user) <repeat/2/$(user)>"


async def test_a_variable_that_fails_is_told_and_left_out() -> None:
    async def fails(call: VariableCall) -> str | None:
        raise VariableFailed("It is away.")

    done = await render("a $(x) b", VariableSource("m1"), lambda name, after: (Known(fails), after), _unexpected)
    assert done == Rendered("a b", ("It is away.",))


async def test_a_variable_of_a_broken_cog_costs_itself_alone() -> None:
    failed: list[str] = []

    async def breaks(call: VariableCall) -> str | None:
        raise RuntimeError("broken")

    done = await render(
        "a $(x) b",
        VariableSource("m1"),
        lambda name, after: (Known(breaks), after),
        lambda name, _: failed.append(name),
    )
    assert (done.text, len(done.problems), failed) == ("a b", 1, ["x"])


def test_depth_and_number_of_variables_are_limited() -> None:
    def depth(text: str) -> int:
        parts, level = parse(text), 0
        while inner := [part for part in parts if isinstance(part, Variable)]:
            level += 1
            parts = tuple(piece for choice in inner[0].choices for word in choice.words for piece in word)
        return level

    assert depth("$(a " * 50 + ")" * 50) == MAX_DEPTH
    assert len(variables_in("$(user)" * 200)) == MAX_VARIABLES


def test_all_variables_of_a_text_are_found() -> None:
    found = variables_in("$(a.b $(c)) ${d|$(e)} {user.name}")
    assert sorted(found) == [("a", "b"), ("c", ""), ("d", ""), ("e", ""), ("user", "name")]


async def test_two_hundred_hostile_texts_end_short() -> None:
    for text in texts(200):
        assert len(await filled(text, "$(user) ' \" )")) <= MAX_OUT


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
def test_whatever_a_text_is_it_is_read_and_has_so_many_variables(text: str) -> None:
    parts = parse(text)
    if not any(isinstance(part, Variable) for part in parts):
        assert "".join(str(part) for part in parts) == text
    assert len(variables_in(text)) <= MAX_VARIABLES


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
async def test_whatever_a_text_is_it_is_filled_in(text: str) -> None:
    assert len(await filled(text, "x $(user)")) <= MAX_OUT
