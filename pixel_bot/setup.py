"""What the set-up page says: what is connected, what is missing, and what to do about it."""

from collections.abc import Callable

from pixel_bot.platforms.twitch.accounts import ROLES, Account
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.platform import TwitchPlatform
from pixel_bot.platforms.twitch.signin import SignIn
from pixel_bot.platforms.twitch.topics import scopes_for
from pixel_bot.services.container import Services
from pixel_bot.show import Show
from pixel_bot.texts import count
from pixel_bot.web.setup import Question, SetupState, Step

TITLES: dict[Role, str] = {"bot": "Bot account", "broadcaster": "Your channel"}
MISSING: dict[Role, str] = {
    "bot": "Sign in with the account that is to speak in chat. It may be your own.",
    "broadcaster": "Sign in with the account that streams.",
}


class SetUp:
    """Knows how far everything is, and takes the answers of the page.

    Args:
        services, platform, sign_in: of this bot.
        show: the bot at work; None until it is known who it is.
        overlay_url, redirect_uri: addresses of the web server.
    """

    def __init__(
        self,
        services: Services,
        platform: TwitchPlatform,
        sign_in: SignIn,
        show: Callable[[], Show | None],
        overlay_url: str,
        redirect_uri: str,
    ) -> None:
        self._services = services
        self._settings = services.settings
        self._platform = platform
        self._accounts = platform.accounts
        self._sign_in = sign_in
        self._show = show
        self._overlay_url = overlay_url
        self._redirect_uri = redirect_uri

    async def state(self) -> SetupState:
        """How far everything is."""
        steps = (*map(self._account, ROLES), self._events(), self._overlay(), self._obs(), self._ai(), _JOYSTICK)
        to_go = [step for step in steps if step.tone in {"todo", "broken"}]
        return SetupState(
            headline=self._headline(len(to_go)),
            ready=not to_go,
            steps=steps,
            questions=tuple(
                Question(role, asked.account.display_name, asked.ticket) for role, asked in self._sign_in.asked.items()
            ),
            overlay_url=self._overlay_url,
            redirect_uri=self._redirect_uri,
            forgettable=tuple(r for r in ROLES if self._accounts.get(r) and not self._accounts.is_fixed(r)),
        )

    async def accept(self, account: str, ticket: str) -> None:
        """Keep the account that the question was about."""
        await self._sign_in.accept(account, ticket)

    async def decline(self, account: str, ticket: str) -> None:
        """Drop it."""
        await self._sign_in.decline(account, ticket)

    async def forget(self, account: str) -> None:
        """Take the choice of an account back."""
        await self._sign_in.forget(account)

    def _headline(self, to_go: int) -> str:
        if to_go:
            return f"{count(to_go, 'step')} to go"
        bot, channel = (self._accounts.get(role) for role in ROLES)
        return f"All set. {bot.display_name} is in #{channel.login}." if bot and channel else "All set."

    # Twitch

    def _account(self, role: Role) -> Step:
        link, title = f"/oauth?account={role}", TITLES[role]
        account = self._accounts.get(role)
        if self._platform.http.app_problem:
            return Step(role, title, "broken", self._platform.http.app_problem)
        if account is None:
            return Step(role, title, "todo", MISSING[role], link, "Sign in with Twitch")
        name = account.display_name
        if account.tokens is None:
            return Step(
                role, title, "broken", f"The sign-in of {name} has ended. Sign in again.", link, "Sign in again"
            )
        if self._is_other(role, account):
            return Step(role, title, "todo", f"{name} is signed in. Start Pixel Bot again to use that account.")
        if missing := scopes_for(role, self._settings) - account.scopes:
            words = f"{name} is signed in, but this version needs more. Sign in once more."
            return Step(role, title, "broken", words, link, "Sign in again", tuple(sorted(missing)))
        return Step(role, title, "done", f"{name} is signed in.")

    def _is_other(self, role: Role, account: Account) -> bool:
        """True where the bot was started as somebody else."""
        show = self._show()
        if show is None:
            return False
        return account.user_id != (show.bot.bot_id if role == "bot" else show.bot.owner_id)

    def _events(self) -> Step:
        if self._show() is None:
            return Step("events", "Events", "off", "Pixel Bot listens as soon as both accounts are signed in.")
        eventsub = self._platform.eventsub
        if refused := eventsub.refusals:
            words = f"{count(len(refused), 'type')} of events cannot be heard. A new sign-in may help."
            link = f"/oauth?account={refused[0].topic.role}"
            return Step("events", "Events", "broken", words, link, "Sign in again", tuple(str(r) for r in refused))
        if problems := tuple(eventsub.problems()):
            words = "Twitch is not connected. It is tried again by itself."
            return Step("events", "Events", "broken", words, details=problems)
        return Step("events", "Events", "done", "Chat, follows, subs and all the rest arrive.")

    # The rest

    def _overlay(self) -> Step:
        overlay = self._services.overlay
        if overlay.best(needs_sound=False) is None:
            words = "In OBS: Sources, +, Browser. Paste the address, 1920 by 1080, tick Control audio via OBS."
            return Step("overlay", "Overlay", "todo", words)
        if overlay.best(needs_sound=True) is None:
            return Step("overlay", "Overlay", "broken", "It is open, but its sound is blocked. Add it to OBS instead.")
        return Step("overlay", "Overlay", "done", "It is open.")

    def _obs(self) -> Step:
        show = self._show()
        if not self._settings.obs_configured:
            words = "Not set up: clips are made by Twitch. For clips on your disk set OBS_PASSWORD."
            return Step("obs", "OBS", "off", words)
        if show is None or show.bot.backends.obs is None:
            return Step("obs", "OBS", "off", "It is connected as soon as both accounts are signed in.")
        problem = show.bot.backends.obs.problem
        return Step("obs", "OBS", "broken" if problem else "done", problem or "It is connected.")

    def _ai(self) -> Step:
        if self._settings.ai_configured:
            closed = self._services.redeems.why_closed("pixel")
            return Step(
                "ai", "AI", "broken" if closed else "done", closed or f"{self._settings.ai_model} answers !pixel."
            )
        return Step("ai", "AI", "off", "Not set up: !pixel is closed. Set AI_API_KEY, or AI_BASE_URL for a local one.")


_JOYSTICK = Step("joystick", "Joystick.tv", "later", "Comes in a later version.")
