"""The users of the sandbox, their roles in its channel, and their tokens."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, get_args

from pixel_bot.sandbox.twitch.devices import Devices
from pixel_bot.sandbox.twitch.tokens import Tokens

Role = Literal["viewer", "subscriber", "vip", "moderator", "broadcaster", "bot", "joystick"]
ROLES: frozenset[str] = frozenset(get_args(Role))

COLORS = ("#FF7F50", "#1E90FF", "#9ACD32", "#DA70D6", "#00CED1", "#FFD166", "#F4A261", "#90BE6D")
ANONYMOUS_IDS = {"ananonymouscheerer": "407665396", "ananonymousgifter": "274598607"}
"""The accounts that Twitch names for whoever stays anonymous."""

_LOGIN = re.compile(r"^[a-z0-9_]{1,25}$")


@dataclass(frozen=True, slots=True)
class SandboxUser:
    """Somebody with a Twitch account, as far as the sandbox has accounts.

    The id follows from the login; who was renamed has the one of the first login.
    """

    login: str
    name: str
    role: Role = "viewer"
    color: str = ""
    first_login: str = ""

    @property
    def id(self) -> str:
        """The Twitch user id."""
        return id_of(self.first_login or self.login)

    @property
    def badges(self) -> tuple[str, ...]:
        """Badge sets that Twitch would show."""
        return () if self.role in {"viewer", "bot", "joystick"} else (self.role,)


def id_of(login: str) -> str:
    """A user id that is the same in every run."""
    return ANONYMOUS_IDS.get(login) or str(
        100_000_000 + int.from_bytes(hashlib.sha256(login.encode()).digest()[:6], "big")
    )


def sandbox_user(login: str, role: Role = "viewer", name: str = "") -> SandboxUser:
    """Somebody of that login, with a colour that follows from it.

    Raises:
        ValueError: there is no such role.
    """
    if role not in ROLES:
        raise ValueError(f"There is no role {role}. There are {', '.join(sorted(ROLES))}.")
    color = COLORS[int(id_of(login)) % len(COLORS)]
    return SandboxUser(login, name or login, role, color)


def is_login(text: str) -> bool:
    """True for what Twitch takes as a login."""
    return bool(_LOGIN.match(text))


def may_remove(who: SandboxUser, author: SandboxUser) -> bool:
    """True where Twitch lets ``who`` take out what ``author`` wrote: mods are safe from each other."""
    if who.role == "broadcaster":
        return True
    return who.role == "moderator" and (who.id == author.id or author.role not in {"moderator", "broadcaster"})


def may_send_off(who: SandboxUser, author: SandboxUser) -> bool:
    """True where Twitch lets ``who`` time ``author`` out. The bot is a mod, too."""
    return who.id != author.id and author.role not in {"broadcaster", "bot"} and may_remove(who, author)


STREAMER = SandboxUser("pixel_street", "Pixel_Street", "broadcaster", "#C4A7FF")
BOT = SandboxUser("pixelbot", "PixelBot", "bot", "#8B5CF6")
LURKER = SandboxUser("lurker_louise", "Lurker_Louise", "viewer", "#F4A261")
"""Has an account and never writes."""
PERSONAS = (
    SandboxUser("viewer_vi", "Viewer_Vi", "viewer", "#9ACD32"),
    SandboxUser("sub_sam", "Sub_Sam", "subscriber", "#FF7F50"),
    SandboxUser("mod_mila", "Mod_Mila", "moderator", "#1E90FF"),
    SandboxUser("yukidaruma", "ゆきだるま", "viewer", "#00CED1"),
    STREAMER,
    SandboxUser("joy_jules", "Joy_Jules", "joystick", "#DA70D6"),
)


class SandboxUsers(Tokens):
    """All users by login and by id, and their tokens."""

    def __init__(self, client_id: str = "", client_secret: str = "") -> None:
        super().__init__()
        self.client_id = client_id or secrets.token_hex(15)
        self.client_secret = client_secret or secrets.token_hex(15)
        self.redirect_uris: set[str] = set()
        """Where a sign-in may lead back to; empty for anywhere."""
        self.next_login = STREAMER.login
        """Who signs in when the address does not say it."""
        self.refuses = False
        """True for somebody who presses "Cancel" instead."""
        self.affiliate = True
        """Whether the channel is an affiliate's: others have no channel points."""
        self.devices = Devices()
        self.moderators: set[str] = {BOT.id}
        """User ids, also of the two below."""
        self.vips: set[str] = set()
        self.subscribers: set[str] = set()
        self.months: dict[str, int] = {}
        """How many months somebody has subscribed for."""
        self._by_login: dict[str, SandboxUser] = {}
        self._by_id: dict[str, SandboxUser] = {}
        self._by_name: dict[str, dict[str, SandboxUser]] = {}
        self._followers: dict[str, datetime] = {}
        for person in (STREAMER, BOT, LURKER, *PERSONAS):
            self.settle(person)

    def settle(self, person: SandboxUser) -> SandboxUser:
        """Add a user, or change their role."""
        before = self._by_login.get(person.login)
        if before is None or before.role != person.role:
            if before is not None and (left := self._holders(before.role)) is not None:
                left.discard(person.id)
            if (joined := self._holders(person.role)) is not None:
                joined.add(person.id)
        self._leave_names(person.id)
        self._by_login[person.login] = person
        self._by_id[person.id] = person
        self._by_name.setdefault(person.name.casefold(), {})[person.id] = person
        return person

    def rename(self, person: SandboxUser, login: str, name: str = "") -> SandboxUser:
        """Somebody takes another login, and a display name. The account is the same, and the old login is free."""
        first_login = person.first_login or person.login
        return self.settle(replace(person, login=login, name=name or login, first_login=first_login))

    def _leave_names(self, user_id: str) -> None:
        before = self._by_id.get(user_id)
        if before is not None:
            self._by_name[before.name.casefold()].pop(user_id, None)
            if self._by_login.get(before.login) == before:
                del self._by_login[before.login]

    def meet(self, person: SandboxUser) -> SandboxUser:
        """A user as known here; an unknown one is added."""
        return self._by_id.get(person.id) or self.settle(person)

    def _holders(self, role: Role) -> set[str] | None:
        holders = {"moderator": self.moderators, "vip": self.vips, "subscriber": self.subscribers}
        return holders.get(role)

    def by_login(self, login: str) -> SandboxUser | None:
        """Somebody by login. Every valid login belongs to somebody."""
        login = login.lower()
        return self._by_login.get(login) or (self.settle(sandbox_user(login)) if is_login(login) else None)

    def existing(self, login: str) -> SandboxUser | None:
        """Who has that login on Twitch; None where nobody has."""
        found = self._by_login.get(login.lower())
        return None if found is None or found.role == "joystick" else found

    def mentioned(self, name: str) -> SandboxUser | None:
        """Whom a mention means: who has that login, or is the only one with that display name."""
        called = [who for who in self._by_name.get(name.casefold(), {}).values() if who.role != "joystick"]
        return self.existing(name) or (called[0] if len(called) == 1 else None)

    def by_id(self, user_id: str) -> SandboxUser | None:
        """Somebody by user id."""
        return self._by_id.get(user_id)

    def those(self, user_ids: Iterable[str]) -> list[SandboxUser]:
        """Known people by their ids, in an order that does not change."""
        return [self._by_id[user_id] for user_id in sorted(user_ids) if user_id in self._by_id]

    def moderates(self, user_id: str) -> bool:
        """True for mods and for the streamer."""
        return user_id == STREAMER.id or user_id in self.moderators

    def badges_of(self, who: SandboxUser) -> tuple[str, ...]:
        """Badge sets that Twitch would show in this channel."""
        held = (("moderator", self.moderators), ("vip", self.vips), ("subscriber", self.subscribers))
        return tuple(dict.fromkeys((*who.badges, *(badge for badge, ids in held if who.id in ids))))

    def begins_to_follow(self, person: SandboxUser) -> bool:
        """Somebody wants to follow. Returns False for one who follows already."""
        new = person.id not in self._followers
        self._followers.setdefault(person.id, datetime.now(UTC))
        return new

    def followers(self) -> list[tuple[SandboxUser, datetime]]:
        """Who follows, and since when; the newest first."""
        newest = sorted(self._followers.items(), key=lambda entry: entry[1], reverse=True)
        return [(self._by_id[user_id], since) for user_id, since in newest if user_id in self._by_id]

    def approve(self, user_code: str, person: SandboxUser) -> bool:
        """Somebody types the code of a machine without a browser, and agrees. Returns False for an unknown code."""
        return self.devices.approve(user_code, self.settle(person).id)
