"""Routes of the set-up page: what is connected, what is missing, and what to do next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pixel_bot.web.access.principal import principal_of
from pixel_bot.web.forms import Form, FormRefused, read_form
from pixel_bot.web.oauth import ACCOUNTS, SignInRefused
from pixel_bot.web.templates import OWN_PAGES, SECURITY, page, refusal

HIDDEN = "••••••••"

JOYSTICK = "joystick"

Tone = Literal["done", "todo", "broken", "off", "later"]


@dataclass(frozen=True, slots=True)
class Button:
    """A button on the card of a cog. When it is pressed, the cog's ``setup_pressed`` gets its ``key``.

    Buttons with the same ``line`` stand behind these words; without one they stand above.
    """

    key: str
    label: str
    line: str = ""


class Pressed(Enum):
    """What came of a button of a cog."""

    DONE = "done"
    GONE = "gone"
    """It is not there any more."""
    FAILED = "failed"
    """The cog crashed at it; the log says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One card of the page. ``words`` says what is and what to do, ``details`` are lines below it.

    ``buttons`` are for steps of cogs.

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
    buttons: tuple[Button, ...] = ()


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

    ``cog_steps`` are those of cogs. They come and go while the page is open.

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
    cog_steps: tuple[Step, ...] = ()


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

    async def press(self, step: str, button: str) -> Pressed:
        """Tell a cog that a button of its step was pressed."""
        ...


def setup_routes(setup: SetUp) -> list[BaseRoute]:
    """``/setup``, its changing part (``/setup/state``), and the targets of its buttons."""

    async def whole(request: Request) -> Response:
        return _answer("setup.html", await setup.state(), principal_of(request).form_token)

    async def board(request: Request) -> Response:
        return _answer("board.html", await setup.state(), principal_of(request).form_token)

    async def accept(form: Form) -> None:
        await setup.accept(_account(form), _key(form))

    async def decline(form: Form) -> None:
        await setup.decline(_account(form), _key(form))

    async def forget(form: Form) -> None:
        await setup.forget(_account(form))

    async def answer(form: Form) -> None:
        if not await setup.answer(_number(form), yes=form.get("answer") == "yes"):
            raise FormRefused("That text does not wait any more: somebody has answered, or its time was over.", 409)

    async def press(form: Form) -> None:
        pressed = await setup.press(form.get("step", ""), form.get("button", ""))
        if pressed is Pressed.GONE:
            raise FormRefused("That button is not there any more: somebody has pressed it already.", 409)
        if pressed is Pressed.FAILED:
            raise FormRefused("That did not work, and nothing else is wrong. The log says why.", 409)

    return [
        Route("/setup", whole),
        Route("/setup/state", board),
        Route("/setup/accept", _button(accept), methods=["POST"]),
        Route("/setup/decline", _button(decline), methods=["POST"]),
        Route("/setup/forget", _button(forget), methods=["POST"]),
        Route("/setup/answer", _button(answer), methods=["POST"]),
        Route("/setup/press", _button(press), methods=["POST"]),
    ]


def _answer(template: str, state: SetupState, form_token: str) -> Response:
    address, mark, _ = state.overlay_url.partition("?")
    values: dict[str, object] = {
        "accounts": ACCOUNTS,
        "state": state,
        "form_token": form_token,
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
            await act(await read_form(request))
        except (FormRefused, SignInRefused) as refused:
            return refusal(str(refused), refused.status)
        return RedirectResponse("/setup", 303, headers=SECURITY)

    return pressed


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
