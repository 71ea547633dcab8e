"""Who lives in the sandbox, and the tokens that they gave away."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "subscriber", "vip", "moderator", "broadcaster", "bot", "joystick"]

COLORS = ("#FF7F50", "#1E90FF", "#9ACD32", "#DA70D6", "#00CED1", "#FFD166", "#F4A261", "#90BE6D")
_LOGIN = re.compile(r"^[a-z0-9_]{1,25}$")
TOKEN_SECONDS = 14_400


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody with a Twitch account, as far as the sandbox has accounts. The id follows from the login."""

    login: str
    name: str
    role: Role = "viewer"
    color: str = ""

    @property
    def id(self) -> str:
        """The Twitch user id."""
        return id_of(self.login)

    @property
    def badges(self) -> tuple[str, ...]:
        """Badge sets that Twitch would show."""
        return () if self.role in {"viewer", "bot", "joystick"} else (self.role,)


def id_of(login: str) -> str:
    """A user id that is the same in every run."""
    return str(100_000_000 + int.from_bytes(hashlib.sha256(login.encode()).digest()[:6], "big"))


def citizen(login: str, role: Role = "viewer", name: str = "") -> Citizen:
    """Somebody of that login, with a colour that follows from it."""
    color = COLORS[int(id_of(login)) % len(COLORS)]
    return Citizen(login, name or login, role, color)


def is_login(text: str) -> bool:
    """True for what Twitch takes as a login."""
    return bool(_LOGIN.match(text))


def may_remove(who: Citizen, author: Citizen) -> bool:
    """True where Twitch lets ``who`` take out what ``author`` wrote: mods are safe from each other."""
    if who.role == "broadcaster":
        return True
    return who.role == "moderator" and (who.id == author.id or author.role not in {"moderator", "broadcaster"})


def may_send_off(who: Citizen, author: Citizen) -> bool:
    """True where Twitch lets ``who`` time ``author`` out. The bot is a mod, too."""
    return who.id != author.id and author.role not in {"broadcaster", "bot"} and may_remove(who, author)


STREAMER = Citizen("pixel_street", "Pixel_Street", "broadcaster", "#C4A7FF")
BOT = Citizen("pixelbot", "PixelBot", "bot", "#8B5CF6")
PERSONAS = (
    Citizen("viewer_vi", "Viewer_Vi", "viewer", "#9ACD32"),
    Citizen("sub_sam", "Sub_Sam", "subscriber", "#FF7F50"),
    Citizen("mod_mila", "Mod_Mila", "moderator", "#1E90FF"),
    STREAMER,
    Citizen("joy_jules", "Joy_Jules", "joystick", "#DA70D6"),
)


class World:
    """The citizens by login, and the tokens by their text."""

    def __init__(self, client_id: str = "", client_secret: str = "") -> None:
        self.client_id = client_id or secrets.token_hex(15)
        self.client_secret = client_secret or secrets.token_hex(15)
        self._citizens = {c.login: c for c in (STREAMER, BOT, *PERSONAS)}
        self._by_id = {c.id: c for c in self._citizens.values()}
        self._tokens: dict[str, str | None] = {}
        self._refresh: dict[str, str] = {}
        self._followers: set[str] = set()

    def settle(self, person: Citizen) -> Citizen:
        """Let somebody live here, or change their role."""
        self._citizens[person.login] = person
        self._by_id[person.id] = person
        return person

    def by_login(self, login: str) -> Citizen | None:
        """Somebody by login. Every valid login belongs to somebody."""
        login = login.lower()
        return self._citizens.get(login) or (self.settle(citizen(login)) if is_login(login) else None)

    def by_id(self, user_id: str) -> Citizen | None:
        """Somebody by user id."""
        return self._by_id.get(user_id)

    def begins_to_follow(self, person: Citizen) -> bool:
        """Somebody wants to follow. Returns False for one who follows already."""
        new = person.id not in self._followers
        self._followers.add(person.id)
        return new

    def grant(self, user_id: str | None) -> tuple[str, str]:
        """A new access and refresh token, for a user, or (None) for the application."""
        access, refresh = secrets.token_hex(15), secrets.token_hex(25)
        self._tokens[access] = user_id
        if user_id is not None:
            self._refresh[refresh] = user_id
        return access, refresh

    def renew(self, refresh: str) -> tuple[str, str] | None:
        """New tokens for a refresh token, which is used up; None for an unknown one."""
        user_id = self._refresh.pop(refresh, None)
        return None if user_id is None else self.grant(user_id)

    def revoke(self, access: str) -> None:
        """The token is worth nothing from now on."""
        self._tokens.pop(access, None)

    def is_token(self, access: str) -> bool:
        """True for a token that stands."""
        return access in self._tokens

    def owner_of(self, access: str) -> str | None:
        """The user id behind a token; None for the application's own."""
        return self._tokens.get(access)
