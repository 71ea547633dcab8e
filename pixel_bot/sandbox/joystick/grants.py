"""Authorization codes and tokens of the double. A reused refresh token ends the installation."""

import base64
import json
import secrets
import time
from dataclasses import dataclass

CODE_SECONDS = 600.0
LIFE_SECONDS = 864_000
ABSOLUTE = 1_000_000_000


@dataclass(slots=True)
class Pair:
    """Tokens that belong together. ``used`` when its refresh token was; ``active`` until it ends."""

    access: str
    refresh: str
    ends_at: float
    used: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that was not exchanged yet."""

    redirect_uri: str
    until: float


class Grants:
    """All tokens of the one installation."""

    def __init__(self) -> None:
        self.expires_in: int | None = LIFE_SECONDS
        """What answers say; a large number is an absolute time; None says nothing."""
        self.withdrawn = 0
        """How often the installation ended because a refresh token was used again."""
        self._codes: dict[str, Code] = {}
        self._pairs: list[Pair] = []

    def code(self, redirect_uri: str = "") -> str:
        """A new code; without an address it can be exchanged from anywhere."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(redirect_uri, time.monotonic() + CODE_SECONDS)
        return code

    def exchange(self, code: str, redirect_uri: str) -> Pair | None:
        """Tokens for a code; None for one that is unknown, used, too old, or from elsewhere."""
        known = self._codes.pop(code, None)
        if known is None or known.until < time.monotonic() or known.redirect_uri not in {"", redirect_uri}:
            return None
        return self.new()

    def new(self) -> Pair:
        """A new pair."""
        life = self.expires_in if self.expires_in is not None else LIFE_SECONDS
        ends = life if life > ABSOLUTE else time.time() + life
        pair = Pair(_token(), secrets.token_urlsafe(32), ends)
        self._pairs.append(pair)
        return pair

    def refresh(self, refresh_token: str) -> Pair | None:
        """A new pair for a refresh token. One that was used before ends the whole installation."""
        pair = next((p for p in self._pairs if p.refresh == refresh_token), None)
        if pair is None or not pair.active:
            return None
        if pair.used:
            self.withdrawn += 1
            self.withdraw()
            return None
        pair.used = True
        pair.ends_at = 0
        return self.new()

    def is_good(self, access: str) -> bool:
        """Whether an access token is taken."""
        return self.ends_at(access) is not None

    def ends_at(self, access: str) -> float | None:
        """When a good access token ends, in seconds since the epoch; None for any other."""
        now = time.time()
        return next((p.ends_at for p in self._pairs if p.access == access and p.active and p.ends_at > now), None)

    def expire(self) -> None:
        """All access tokens end now; the refresh tokens still work."""
        for pair in self._pairs:
            pair.ends_at = 0

    def revoke(self, token: str) -> None:
        """One pair ends."""
        for pair in self._pairs:
            pair.active = pair.active and token not in {pair.access, pair.refresh}

    def withdraw(self) -> None:
        """The installation ends, with all of its tokens."""
        for pair in self._pairs:
            pair.active = False


def _token() -> str:
    """In the form of a JWT, though nobody needs to read it."""
    parts = (json.dumps({"alg": "none"}), json.dumps({"jti": secrets.token_hex(16)}), secrets.token_hex(16))
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
