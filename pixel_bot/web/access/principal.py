"""Who makes a request: a browser that is signed in, or a script with a token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.types import Scope

from pixel_bot.errors import PixelError
from pixel_bot.web.access.scopes import EVERYTHING, allows

_KEY = "pixel_bot.principal"


class NotAllowed(PixelError):
    """A token lacks the scope that a request needs. The answer is a 403."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"This token may not do that. It needs the scope {scope}.")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request.

    Args:
        id: stays the same for one session or one token, and is no secret.
        name: of the token; empty for a browser.
        scopes: what it may do.
        form_token: what each form of its pages must send along; empty for a token, which no browser sends by itself.
    """

    id: str
    name: str = ""
    scopes: frozenset[str] = EVERYTHING
    form_token: str = ""

    def may(self, scope: str) -> bool:
        """Whether it has the scope."""
        return allows(self.scopes, scope)

    def require(self, scope: str) -> None:
        """Do nothing if it has the scope.

        Raises:
            NotAllowed: it has not.
        """
        if not self.may(scope):
            raise NotAllowed(scope)


def hash_of(secret: str) -> str:
    """What is kept of a key, a session or a token."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def form_token_of(session: str) -> str:
    """The form token of a session, from the secret of its cookie; nothing can be concluded from it."""
    return hmac.new(session.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(principal: Principal, sent: str) -> bool:
    """Whether a form was sent from a page of this principal."""
    return secrets.compare_digest(principal.form_token.encode(), sent.encode())


def introduce(scope: Scope, principal: Principal) -> None:
    """Note on a request who makes it; the gate does so."""
    scope[_KEY] = principal


def known_principal(request: HTTPConnection) -> Principal | None:
    """Who makes the request; None where the gate was not asked, or nobody is signed in."""
    return request.scope.get(_KEY)


def principal_of(request: HTTPConnection) -> Principal:
    """Who makes the request, behind the gate.

    Raises:
        LookupError: the route is not behind the gate.
    """
    principal = known_principal(request)
    if principal is None:
        raise LookupError("Nobody is signed in: this route does not stand behind the gate.")
    return principal
