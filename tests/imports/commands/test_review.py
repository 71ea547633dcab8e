"""What becomes of each command."""

import pytest

from pixel_bot.imports.commands.files import commands_in
from pixel_bot.imports.commands.review import Review, Reviewed, review
from pixel_bot.imports.commands.texts import KNOWN, NO_SOURCE, needs_of
from pixel_bot.imports.commands.values import CommandFile, ImportedCommand
from pixel_bot.testing import Stage
from tests.imports.commands import exports

BUILT_IN = {"points", "so"}


def looked_at(*commands: ImportedCommand, there: set[str] | None = None) -> list[Reviewed]:
    return list(review(CommandFile("a list", commands), BUILT_IN, there or set()).commands)


def reasons(found: Review) -> dict[str, str]:
    return {one.command.name: one.left_out or one.command.off for one in found.commands if one.left_out or one.is_off}


def test_nightbots_commands() -> None:
    found = review(commands_in(exports.NIGHTBOT), BUILT_IN, set())
    assert reasons(found) == {
        "sum": "it has $(eval), which never runs here",
        "wx": "nobody here can tell $(weather)",
        "bighug": "it calls !hug with words of its own, and no command here calls another",
        "points": "Pixel Bot has a command of that name",
    }
    assert (found.as_they_are, found.hosts) == (4, ["cats.example.com"])
    assert [one.command.name for one in found.commands if one.is_changed] == ["boss"]
    assert [one.command.name for one in found.commands if one.counts] == ["hug"]


def test_streamelements_commands() -> None:
    found = review(commands_in(exports.STREAMELEMENTS), BUILT_IN, set())
    assert reasons(found) == {
        "so": "Pixel Bot has a command of that name",
        "secret": "it whispered, which bots cannot do any more",
        "old": "it was off there, too",
        "sung": "$(songs.current) is not known here",
    }
    (discord, *_) = found.commands
    assert discord.command.aliases == ("dc", "server")
    assert discord.command.changes == ("!points is no other name of it any more, as that is taken",)


def test_the_others_commands() -> None:
    streamlabs = review(commands_in(exports.STREAMLABS), BUILT_IN, set())
    assert (reasons(streamlabs), streamlabs.hosts) == ({"mods": "it was off there, too"}, ["a.example.com"])
    assert reasons(review(commands_in(exports.DESKTOP), BUILT_IN, set())) == {"horn": "$(readfile) is not known here"}


def test_names_are_had_once() -> None:
    hug, again = (
        ImportedCommand("hug", "a", aliases=("squeeze",)),
        ImportedCommand("squeeze", "b", aliases=("hug", "x")),
    )
    first, second = looked_at(hug, again)
    assert (first.left_out, second.left_out) == ("", "the file has that name twice")
    (known,) = looked_at(hug, there={"hug"})
    assert known.left_out == "there is a command of that name already"
    (gone,) = looked_at(ImportedCommand("pc", "", alias_of="specs"))
    assert gone.left_out == "it only calls !specs, which is not there"
    assert looked_at(ImportedCommand("money", "", alias_of="points"))[0].left_out == ""


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (ImportedCommand("two words", "a"), "its name has signs, blanks or more than 30 letters"),
        (ImportedCommand("x" * 31, "a"), "its name has signs, blanks or more than 30 letters"),
        (ImportedCommand("$(user)", "a"), "its name has signs, blanks or more than 30 letters"),
        (ImportedCommand("a", ""), "it has no text"),
        (ImportedCommand("a", "x" * 1_501), "its text has more than 1,500 characters"),
    ],
)
def test_what_cannot_be_stored_is_left_out(command: ImportedCommand, why: str) -> None:
    (found,) = looked_at(command)
    assert (found.left_out, found.is_off, found.is_changed) == (why, False, False)


def test_a_price_needs_a_plain_name() -> None:
    dash, plain = looked_at(ImportedCommand("pc-specs", "a", cost=5), ImportedCommand("specs", "a", cost=5))
    assert dash.command.off == "it costs points, and then its name may have only letters, digits and _"
    assert plain.command.off == ""


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("plain $5 and 5$ (no) {braces} {count}", ""),
        ("$(1) ${2:} $(1:3) $(1|sender) ${1.emote} $(random.1-6) $(count deaths +1)", ""),
        ("$( eval 1 )", "it has $(eval), which never runs here"),
        ("${urlfetch https://x.example.com/$(EVAL 1)}", "it has $(eval), which never runs here"),
        ("$(channel.viewers) watch", "nobody here can tell $(channel.viewers)"),
        ("$(touser.points) {touser.name}", ""),
        ("$(leaguerank)", "$(leaguerank) is not known here"),
        ("$(customapi https://$(1)/x)", "it asks a server whose name is not fixed"),
        ("$(urlfetch http://localhost/)", "it asks a server whose name is not fixed"),
        ("$(urlfetch http://127.0.0.1/)", "it asks a server whose name is not fixed"),
        ("".join(f"$(urlfetch https://{name}.example.com/)" for name in "abc"), "it asks more than two servers"),
    ],
)
def test_what_a_text_needs(text: str, off: str) -> None:
    assert needs_of(text).off == off


def test_servers_of_a_text() -> None:
    text = "$(urlfetch json https://A.example.com:8443/x?u=$(querystring)) ${customapi.https://b.example.org/}"
    assert needs_of(text).hosts == ("a.example.com", "b.example.org")
    assert needs_of("$(urlfetch c.example.com/x)").hosts == ("c.example.com",)


async def test_the_variables_that_an_import_knows_are_those_that_cogs_know(chat: Stage) -> None:
    known = {name.partition(".")[0] for name in chat.bot.runtime.variables.names}
    unfilled = {name.partition(".")[0] for name in NO_SOURCE}
    assert KNOWN - known == set()
    assert known - KNOWN - unfilled - {"1", "eval"} == set()
