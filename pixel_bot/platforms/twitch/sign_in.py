"""Sign-in of the two accounts, from the address at Twitch to stored tokens.

With a client secret it is the OAuth authorization code flow, whose callback must carry the ``state`` that was issued
here; without one it is the device code flow. The account must be the one that the settings name. Where they name none,
the person confirms the account once before it is stored.
"""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from pixel_bot.platforms.twitch.accounts import ROLES, Accounts, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.oauth import OAuth, OAuthError
from pixel_bot.platforms.twitch.signing_in.device_sign_in import DeviceSignIns
from pixel_bot.platforms.twitch.subscription_types import scopes_for
from pixel_bot.settings import Settings
from pixel_bot.web.oauth import SignInRefused

log = logging.getLogger(__name__)

MOST_OPEN = 50
OPEN_SECONDS = 900.0
WRONG_ACCOUNT = 403


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """An account that signed in and waits for confirmation. ``key`` is the one-time token of the answer."""

    account: TwitchAccount
    key: str


@dataclass(frozen=True, slots=True)
class _PendingSignIn:
    role: Role
    until: float
    browser: str


class SignIn:
    """The sign-ins of one application."""

    def __init__(self, settings: Settings, accounts: Accounts, oauth: OAuth, redirect_uri: str) -> None:
        self._settings = settings
        self.accounts = accounts
        self.oauth = oauth
        self._redirect_uri = redirect_uri
        self._pending: OrderedDict[str, _PendingSignIn] = OrderedDict()
        self.request: dict[Role, SignInRequest] = {}
        self.more_scopes: Callable[[Role], frozenset[str]] = lambda _: frozenset()
        """What else is asked for: the scopes that cogs need."""
        self.devices = DeviceSignIns(oauth, self._scopes_for, self.take)

    async def close(self) -> None:
        """Stop waiting for people who sign in."""
        await self.devices.close()

    async def begin(self, account: str, browser: str) -> str:
        """The address at Twitch where a person agrees. ``browser`` is the session that alone may come back.

        Raises:
            SignInRefused: there is no such account, or Twitch does not say where.
        """
        role = role_named(account)
        if self.oauth.is_public:
            try:
                return (await self.devices.begin(role)).address
            except OAuthError as exc:
                raise SignInRefused(str(exc), status=502) from None
        state = secrets.token_urlsafe(24)
        self._pending[state] = _PendingSignIn(role, asyncio.get_running_loop().time() + OPEN_SECONDS, browser)
        while len(self._pending) > MOST_OPEN:
            self._pending.popitem(last=False)
        return self.oauth.authorize_url(self._scopes_for(role), state, self._redirect_uri)

    async def finish(self, state: str, code: str, error: str, browser: str) -> str:
        """A person came back from Twitch, to the browser that began. Returns what happened, in a sentence.

        Raises:
            SignInRefused: it did not work, or must not.
        """
        pending = self._pending.get(state)
        is_ours = pending is not None and pending.browser == browser
        # Another browser does not use it up.
        if is_ours:
            del self._pending[state]
        if pending is None or not is_ours or pending.until < asyncio.get_running_loop().time():
            raise SignInRefused("This sign-in was not begun here, or is too old. Begin it again on the set-up page.")
        if error:
            raise SignInRefused("Twitch says that nobody agreed. Begin again on the set-up page when you like.")
        if not code:
            raise SignInRefused("Twitch sent no code along. Begin again on the set-up page.")
        try:
            tokens = await self.oauth.exchange(code, self._redirect_uri)
            return await self.take(pending.role, tokens)
        except OAuthError as exc:
            log.warning("A sign-in as the %s account failed: %s", pending.role, exc)
            raise SignInRefused(str(exc), status=400 if exc.final else 502) from None

    async def take(self, role: Role, tokens: Tokens, *, ask: bool = True) -> str:
        """Identify the account behind tokens, and store it, or ask first. Returns what happened, in a sentence.

        Args:
            role: what the account is to be.
            tokens: as Twitch granted them.
            ask: False where the person was asked in another way.

        Raises:
            SignInRefused: it is the wrong account.
            OAuthError: Twitch does not say whose they are.
        """
        identity = await self.oauth.validate(tokens.access)
        name = await self.oauth.display_name(tokens.access, identity)
        # Twitch grants all that was asked for, or nothing; what a token lacks later shows on the set-up page.
        scopes = identity.scopes or self._scopes_for(role)
        account = TwitchAccount(role, identity.user_id, identity.login, name, scopes, tokens)
        await self._refuse_other_account(account)
        if ask and not self.accounts.id_of(role):
            await self._hold_request(SignInRequest(account, secrets.token_urlsafe(24)))
            return f"You are signed in as {name}."
        await self.accounts.sign_in(account)
        return f"{name} is signed in as the {role} account."

    async def accept(self, account: str, key: str) -> None:
        """The person says yes, this is the account.

        Raises:
            SignInRefused: nobody was asked that.
        """
        request = self._take_request(role_named(account), key)
        if self.accounts.id_of(request.account.role):
            raise SignInRefused("That account was chosen already.")
        await self.accounts.sign_in(request.account)

    async def decline(self, account: str, key: str) -> None:
        """The person says no: the tokens are given back.

        Raises:
            SignInRefused: nobody was asked that.
        """
        await self._revoke(self._take_request(role_named(account), key).account)

    async def forget(self, account: str) -> None:
        """Somebody else is to have this role.

        Raises:
            SignInRefused: the settings name who has it.
        """
        role = role_named(account)
        if self.accounts.is_fixed(role):
            raise SignInRefused("The settings name this account: change TWITCH_BOT_ID or TWITCH_OWNER_ID instead.")
        former = self.accounts.get(role)
        await self.accounts.forget(role)
        if former is not None:
            await self._revoke(former)

    def _scopes_for(self, role: Role) -> frozenset[str]:
        return scopes_for(role, self._settings) | self.more_scopes(role)

    async def _refuse_other_account(self, account: TwitchAccount) -> None:
        expected_id = self.accounts.id_of(account.role)
        if not expected_id or expected_id == account.user_id:
            return
        await self._revoke(account)
        known = self.accounts.get(account.role)
        name = known.display_name if known else f"the account with the id {expected_id}"
        raise SignInRefused(
            f"You signed in as {account.display_name}, but the {account.role} account is {name}. "
            "Log out on Twitch, or use a private window, and try again.",
            status=WRONG_ACCOUNT,
        )

    async def _hold_request(self, request: SignInRequest) -> None:
        former = self.request.get(request.account.role)
        self.request[request.account.role] = request
        if former is not None:
            await self._revoke(former.account)

    def _take_request(self, role: Role, key: str) -> SignInRequest:
        request = self.request.get(role)
        if request is None or not secrets.compare_digest(request.key.encode(), key.encode()):
            raise SignInRefused("That question is settled already. Look at the set-up page.")
        del self.request[role]
        return request

    async def _revoke(self, account: TwitchAccount) -> None:
        if account.tokens is not None:
            await self.oauth.revoke(account.tokens)


def role_named(account: str) -> Role:
    """The role that an address or a form names.

    Raises:
        SignInRefused: there is no such role.
    """
    for role in ROLES:
        if role == account:
            return role
    raise SignInRefused("There are two accounts to sign in: the bot and the broadcaster.")
