"""Links in every top-level domain, and in every spelling."""

import pytest

from pixel_bot.filters.links import without_links

GONE = """
пример.рф  例え.みんな  example.zip  example.ai  example.ОРГ.com  xn--e1afmkfd.xn--p1ai  xn--80ak6aa92e
ехаmple.соm  1.2.3.4  1。2。3。4  [2001:db8::1]  2001:db8:85a3:0:0:8a2e:370:7334  example․com  example｡com
example。онлайн  example·com  mail@example.भारत  例子.中国/路径  http://2130706433  example.amsterdam
ex_ample.photography
"""
SPREAD = [
    *("example (dot) com", "example[dot]zip", "example {.} gg", "example <dot> рф", "example d0t com"),
    *("example punkt com", "example punto org", "example точка com", "example . com", "example .de"),
    *("example. com", "example(punkt)de"),
]
STAYS = [
    "at 12:30:45 now", "std::string is fine", "これは世界。中国は大きい", "e.g. this, i.e. that", "z.B. so, u.a. noch",
    "Fr. 3.50 und 2.000,50", "привет.как дела", "col·lecció", "Ph.D. U.S.A. a.k.a. p.m.", "Nr.5 v1.2.3",
    "S.T.A.L.K.E.R. and G.I. Joe", "point de vue", "well...maybe", "3.14 and .5", "du point de départ",
]  # fmt: skip


@pytest.mark.parametrize("link", GONE.split())
def test_links_of_every_domain_are_taken_out(link: str) -> None:
    assert without_links(f"look {link} now") == "look now"
    assert without_links(f"look {link.upper()} now") == "look now"


@pytest.mark.parametrize("link", SPREAD)
def test_links_that_are_spelled_are_taken_out(link: str) -> None:
    assert without_links(f"look {link} now") == "look now"


@pytest.mark.parametrize("text", STAYS)
def test_what_is_no_link_stays(text: str) -> None:
    assert without_links(text) == text
