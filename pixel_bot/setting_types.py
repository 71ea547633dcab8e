"""What a setting may be: checked when it is read."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field
from pydantic_core import core_schema

from pixel_bot.configuration.cog_settings import IS_SENTENCE
from pixel_bot.configuration.values import control_characters
from pixel_bot.wording.catalogue import languages

LONGEST_PREFIX = 5
"""Characters of what a command begins with."""

Amount = Annotated[int, Field(ge=0, le=1_000_000_000)]
Factor = Annotated[float, Field(ge=0, le=1_000_000)]
Seconds = Annotated[int, Field(ge=0, le=31_536_000)]


def _web_address(schemes: tuple[str, ...]) -> AfterValidator:
    def check(url: str) -> str:
        if not url.startswith(schemes):
            raise ValueError(f"must start with {' or '.join(schemes)}")
        return url

    return AfterValidator(check)


def _origin(url: str) -> str:
    """Nothing, or scheme and host, and a port where it is not the usual one."""
    if url and not re.fullmatch(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?/?", url):
        raise ValueError("must be an address without a path, like https://bot.example")
    return url.rstrip("/").lower()


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"


def _template(words: str) -> str:
    """``off`` says nothing; else only the names that we fill in may stand in braces."""
    unknown = set(re.findall(r"\{(\w*)\}", words)) - {"user", "count", "months", "prefix"}
    if unknown:
        raise ValueError(f"does not know {{{min(unknown)}}}")
    return "" if words.strip().lower() == "off" else words


def _local_time(written: str) -> str:
    """``off`` is no time; else a time of the day like ``03:00``."""
    if written.strip().lower() == "off":
        return ""
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", written.strip()):
        raise ValueError("must be a time of the day like 03:00, or off")
    return written.strip().zfill(5)


def expanded(path: Path) -> Path:
    """A path with ``~`` replaced by the home folder.

    Raises:
        ValueError: it holds a control character, or there is no such home folder.
    """
    if controls := control_characters(str(path)):
        raise ValueError(
            f'has {controls} in it: between " a backslash changes the letter behind it. '
            "Write / for each backslash, or ' for each \""
        )
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("begins with ~, and there is no such home folder. Write the whole path") from None


def _account_number(written: str) -> str:
    """The id of an account; empty for none."""
    if not re.fullmatch(r"[0-9]*", written):
        raise ValueError(
            "must be the number of the account, not its name; or leave it out: the bot learns it when you sign in"
        )
    return written


def _language(code: str) -> str:
    """One that the bot speaks."""
    code = code.strip().lower()
    if code not in (known := languages()):
        raise ValueError(f"must be {' or '.join(known)}")
    return code


def _currency(written: str) -> str:
    """Nothing, or what one point is called and what several are: ``gem|gems``."""
    forms = [form.strip() for form in written.split("|")] if written.strip() else []
    if any(not form or len(form) > 30 or {"{", "}"} & set(form) for form in forms):
        raise ValueError("must be one word and its plural, like gem|gems")
    return "|".join(forms)


class CommandPrefix(str):
    """What commands begin with. Of several with blanks between them it is the first; ``all`` has each."""

    all: tuple[str, ...]

    def __new__(cls, written: str) -> Self:
        each = tuple(dict.fromkeys(written.split()))
        if not each:
            raise ValueError("must be at least one character")
        if any(len(one) > LONGEST_PREFIX for one in each):
            raise ValueError(f"must have at most {LONGEST_PREFIX} characters each, with a blank between two of them")
        made = super().__new__(cls, each[0])
        made.all = each
        return made

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


HttpUrl = Annotated[str, _web_address(("https://", "http://"))]
HttpBase = Annotated[str, _web_address(("https://", "http://")), AfterValidator(_with_slash)]
PublicUrl = Annotated[str, AfterValidator(_origin)]
SocketUrl = Annotated[str, _web_address(("wss://", "ws://"))]
Mode = Literal["live", "sandbox"]
LocalTime = Annotated[str, AfterValidator(_local_time)]
OVERLAY_KEY = re.compile(r"^[A-Za-z0-9_-]{8,128}$")
Language = Annotated[str, AfterValidator(_language)]
Currency = Annotated[str, AfterValidator(_currency)]
Sentence = Annotated[str, IS_SENTENCE]
"""Words for people, in which quotes and commas belong to the value."""

Template = Annotated[Sentence, Field(max_length=300), AfterValidator(_template)]
"""Words for chat with ``{user}``, ``{count}``, ``{months}`` and ``{prefix}`` to be filled in; ``off`` is none."""

TwitchId = Annotated[str, AfterValidator(_account_number)]
