"""Routes of the set-up page: what is connected, what is missing, and what to do next."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pixel_bot.errors import PixelError
from pixel_bot.web.oauth import ACCOUNTS, SignInRefused
from pixel_bot.web.templates import SECURITY, page, refusal

MAX_FORM_BYTES = 4_096
FORM = "application/x-www-form-urlencoded"
HIDDEN = "••••••••"

# With "no-referrer" a browser sends "Origin: null" along with a form, and the guard refuses that.
OWN_PAGES = {"Referrer-Policy": "same-origin"}

JOYSTICK = "joystick"

Tone = Literal["done", "todo", "broken", "off", "later"]
Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One card of the page. ``words`` says what is and what to do, ``details`` are lines below it.

    ``copy`` is an address that a person needs elsewhere, ``code`` one to type at Twitch: then ``link`` leads there, in
    a tab of its own.
    """

    key: str
    title: str
    tone: Tone
    words: str
    link: str = ""
    label: str = ""
    details: tuple[str, ...] = ()
    copy: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody has signed in: is that the right account? It is asked on the step whose key is ``account``.

    ``joystick`` is no account: there the question is whether the bot is to go into that channel.
    """

    account: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class WaitingText:
    """A text that waits for a mod's yes: its number, the redeem, who bought it, and the text itself."""

    number: int
    redeem: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SetupState:
    """All that the page shows. ``forgettable`` are the accounts whose choice can be taken back.

    ``redirect_uri`` is empty where Twitch leads nobody back: then people sign in by a code.
    """

    headline: str
    ready: bool
    steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    overlay_url: str
    redirect_uri: str
    forgettable: tuple[str, ...]
    texts: tuple[WaitingText, ...] = ()


class SetUp(Protocol):
    """The set-up behind the page: its state and its actions."""

    async def state(self) -> SetupState:
        """How far everything is."""
        ...

    async def accept(self, account: str, key: str, /) -> None:
        """Keep the account that the question was about.

        Raises:
            SignInRefused: there is no such question any more.
        """
        ...

    async def decline(self, account: str, key: str, /) -> None:
        """Drop it.

        Raises:
            SignInRefused: there is no such question any more.
        """
        ...

    async def forget(self, account: str) -> None:
        """Take the choice of an account back.

        Raises:
            SignInRefused: it cannot be taken back here.
        """
        ...

    async def answer(self, number: int, *, yes: bool) -> bool:
        """Say yes or no to the text of that number. Returns False when it does not wait any more."""
        ...


class FormRefused(PixelError):
    """What was sent is no form of ours. ``status`` is the page's."""

    def __init__(self, sentence: str, status: int) -> None:
        self.status = status
        super().__init__(sentence)


def setup_routes(setup: SetUp) -> list[BaseRoute]:
    """``/setup``, its changing part (``/setup/state``), and the targets of its buttons."""

    async def whole(_: Request) -> Response:
        return _answer("setup.html", await setup.state())

    async def board(_: Request) -> Response:
        return _answer("board.html", await setup.state())

    async def accept(form: Form) -> None:
        await setup.accept(_account(form), _key(form))

    async def decline(form: Form) -> None:
        await setup.decline(_account(form), _key(form))

    async def forget(form: Form) -> None:
        await setup.forget(_account(form))

    async def answer(form: Form) -> None:
        if not await setup.answer(_number(form), yes=form.get("answer") == "yes"):
            raise FormRefused("That text does not wait any more: somebody has answered, or its time was over.", 409)

    return [
        Route("/setup", whole),
        Route("/setup/state", board),
        Route("/setup/accept", _button(accept), methods=["POST"]),
        Route("/setup/decline", _button(decline), methods=["POST"]),
        Route("/setup/forget", _button(forget), methods=["POST"]),
        Route("/setup/answer", _button(answer), methods=["POST"]),
    ]


def _answer(template: str, state: SetupState) -> Response:
    address, mark, _ = state.overlay_url.partition("?")
    values: dict[str, object] = {
        "accounts": ACCOUNTS,
        "state": state,
        "questions": {question.account: question for question in state.questions},
        "covered_url": f"{address}?key={HIDDEN}" if mark else address,
        "signed_in": all(step.tone == "done" for step in state.steps if step.key in ACCOUNTS),
    }
    response = page(template, values)
    response.headers.update(OWN_PAGES)
    return response


def _button(act: Callable[[Form], Awaitable[None]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that takes a form and redirects to the page, or shows why it was refused."""

    async def pressed(request: Request) -> Response:
        try:
            await act(await _form(request))
        except (FormRefused, SignInRefused) as refused:
            return refusal(str(refused), refused.status)
        return RedirectResponse("/setup", 303, headers=SECURITY)

    return pressed


async def _form(request: Request) -> Form:
    """The fields that a page sent.

    Raises:
        FormRefused: it is no form, too long, cannot be read, or its sender is gone.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise FormRefused("The bot only takes the buttons of its own pages here.", 415)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM_BYTES:
                raise FormRefused("That was too much for one button.", 413)
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=16))
    except (ValueError, ClientDisconnect) as exc:
        raise FormRefused("The bot could not read that. Go back and press the button again.", 400) from exc


def _account(form: Form) -> str:
    account = form.get("account", "")
    if account not in {*ACCOUNTS, JOYSTICK}:
        raise FormRefused("That is neither the bot's account nor yours. Go back and press the button again.", 400)
    return account


def _number(form: Form) -> int:
    number = form.get("number", "")
    if form.get("answer") not in {"yes", "no"} or not (number.isdigit() and len(number) <= 18):
        raise FormRefused("The bot could not read that. Go back and press the button again.", 400)
    return int(number)


def _key(form: Form) -> str:
    key = form.get("ticket", "")
    if not key:
        raise FormRefused("That button belongs to an older page. Go back and press the one that is there now.", 400)
    return key
