"""Finds links, also those that are written so that a link filter would not see them."""

import re

# The domains of countries, https://www.iana.org/domains/root/db.
_COUNTRIES = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg
ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh
gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr
kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf
ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm
sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf
ws ye yt za zm zw
"""
_OTHERS = """
academy agency app art asia audio best bet biz blog business buzz cafe camera cam cash casino cat center chat church
city click cloud club codes coffee com community company cool dance date dating deals design dev digital direct edu
email events exchange expert express fail family fans film finance fit fun fund gallery game games gift global gold gov
group guide guru help host house info ink int jobs land life limited link live loan lol love ltd market marketing media
men mil mobi moe money movie name net network news ninja one online onion org partners party photo photos pics pink
pizza plus porn press pro promo pub racing rent report review reviews rip rocks run sale school science services sex
sexy shop show site social software solutions space store stream studio style support systems team tech tips today
tools top town toys trade training travel tube university video vip wang watch webcam website wiki win work works world
wtf xxx xyz zone
"""
_ENDINGS = "|".join((*_COUNTRIES.split(), *_OTHERS.split(), "xn--[a-z0-9-]{1,59}"))

# Each part begins at a fixed sign or at the start of a word and is bounded, so a text is read once.
_IN_WORD = re.compile(
    rf"""
    :// | www\d?[.。] |                                    # a scheme, or the usual first name
    (?<=[\w-])[.。](?:{_ENDINGS})(?!\w) |                   # example.com
    (?<=[\w-])[.。][^\W\d_]{{2,24}}(?::\d{{1,5}})?/\S |     # example.anything/path
    (?<!\d)\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?!\d) |            # the number of a machine
    ^www$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SPREAD_OUT = re.compile(
    r"""
    (?<![\w-])[\w-]{1,63}
    (?:
        (?:\s{1,3}[.。]\s{0,3} | [.。]\s{1,3})(?:com|org)                   # example . com, example. com
        | \s{1,3}[.。]\s{0,3}(?:net|tv|io|ly|xyz|ru)                         # example .net
        | \s{0,3}[(\[{<]\s?(?:[.。]|dot|d0t)\s?[)\]}>]\s{0,3}[^\W\d_]{2,10}   # example (dot) gg
        | \s{1,3}(?:dot|d0t)\s{1,3}(?:com|org|net|tv|gg|io|ly|xyz|ru|me|co)  # example dot com
    )
    (?![\w-])(?:\s?/\s?\S{1,200})?
    """,
    re.IGNORECASE | re.VERBOSE,
)


def without_links(text: str) -> str:
    """The text without links: with and without a scheme, and ``example dot com`` too."""
    text = _SPREAD_OUT.sub(" ", text)
    return " ".join(word for word in text.split() if not _IN_WORD.search(word))
