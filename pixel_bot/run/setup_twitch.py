"""The part of the set-up page about Twitch: the two accounts, the events, and rewards of another application."""

from collections.abc import Mapping
from dataclasses import replace

from pixel_bot.platforms.twitch.accounts import ROLES
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.platform import TwitchPlatform
from pixel_bot.platforms.twitch.sign_in import SignIn
from pixel_bot.platforms.twitch.subscription_types import feature_of, scopes_for
from pixel_bot.run.running_bot import RunningBot
from pixel_bot.settings import Settings
from pixel_bot.texts import count
from pixel_bot.web.setup import Question, Step

TITLES: dict[Role, str] = {"bot": "Bot account", "broadcaster": "Your channel"}
MISSING: dict[Role, str] = {
    "bot": "Sign in with the account that is to speak in chat. It may be your own.",
    "broadcaster": "Sign in with the account that streams.",
}
BY_CODE: dict[Role, str] = {
    "bot": "Open twitch.tv/activate with the account that is to speak in chat, and type this code. It may be your own.",
    "broadcaster": "Open twitch.tv/activate with the account that streams, and type this code.",
}
NO_CODE_YET = "Twitch is asked for a code."
"""Until it answers, or while it does not."""

PUBLIC = Step(
    "app",
    "Application",
    "off",
    "Of the type Public: it needs no client secret. With one of the type Confidential and TWITCH_CLIENT_SECRET, Twitch "
    "also lists the bot as a chat bot and shows the bot badge.",
)


class TwitchSetUp:
    """The steps of the set-up there, and the handlers of the page's forms.

    Args:
        settings, platform, sign_in: of this bot.
        redirect_uri: where Twitch leads back to.
    """

    def __init__(self, settings: Settings, platform: TwitchPlatform, sign_in: SignIn, redirect_uri: str) -> None:
        self._settings = settings
        self._platform = platform
        self._accounts = platform.accounts
        self._sign_in = sign_in
        self.redirect_uri = redirect_uri
        self.uses_codes = platform.oauth.is_public
        """Whether people sign in by a code to type at Twitch."""

    def steps(self, running_bot: RunningBot | None) -> tuple[Step, ...]:
        """Its cards."""
        at_work = running_bot if running_bot is not None and running_bot.is_on_twitch else None
        accounts = [self._with_code(role, self._account(role, at_work)) for role in ROLES]
        app = (PUBLIC,) if self.uses_codes else ()
        return (*accounts, self._events(at_work), *self._rewards(at_work), *app)

    def questions(self) -> list[Question]:
        """Accounts that signed in, and may be the wrong ones."""
        return [Question(role, asked.account.display_name, asked.key) for role, asked in self._sign_in.request.items()]

    def forgettable(self) -> list[str]:
        """Accounts whose choice can be taken back."""
        return [r for r in ROLES if self._accounts.get(r) and not self._accounts.is_fixed(r)]

    def channel_summary(self) -> str:
        """Where the bot is, in a sentence; empty while it is nowhere there."""
        bot, channel = (self._accounts.get(role) for role in ROLES)
        return f"{bot.display_name} is in #{channel.login}." if bot and channel else ""

    async def accept(self, account: str, key: str) -> None:
        """Keep the account that the question was about."""
        await self._sign_in.accept(account, key)

    async def decline(self, account: str, key: str) -> None:
        """Drop it."""
        await self._sign_in.decline(account, key)

    async def forget(self, account: str) -> None:
        """Take the choice of an account back."""
        await self._sign_in.forget(account)

    def _with_code(self, role: Role, step: Step) -> Step:
        """The card with the code to type, where somebody has to sign in and there is no way back from Twitch."""
        if not self.uses_codes or step.tone not in {"todo", "broken"} or not step.link or role in self._sign_in.request:
            return step
        code = self._sign_in.devices.look(role)
        problem = self._sign_in.devices.problems.get(role, "")
        what = BY_CODE[role] if code else NO_CODE_YET
        words = what if step.tone == "todo" else f"{step.words} {what}"
        details = (*step.details, problem) if problem else step.details
        link, label = (step.link, "Open twitch.tv/activate") if code else ("", "")
        return replace(step, words=words, details=details, link=link, label=label, code=code)

    def _account(self, role: Role, running_bot: RunningBot | None) -> Step:
        link, title = f"/oauth?account={role}", TITLES[role]
        account = self._accounts.get(role)
        if self._platform.http.app_problem:
            return Step(role, title, "broken", self._platform.http.app_problem)
        if account is None:
            return Step(role, title, "todo", MISSING[role], link, "Sign in with Twitch")
        name = account.display_name
        if account.tokens is None:
            words = " ".join(filter(None, [f"The sign-in of {name} has ended.", account.why, "Sign in again."]))
            return Step(role, title, "broken", words, link, "Sign in again")
        if running_bot is not None and account.user_id != (
            running_bot.bot.bot_id if role == "bot" else running_bot.bot.owner_id
        ):
            return Step(role, title, "todo", f"{name} is signed in. Start Pixel Bot again to use that account.")
        missing = sorted(scopes_for(role, self._settings) - account.scopes)
        for_cogs: Mapping[str, str] = {}
        if running_bot is not None:
            for_cogs = running_bot.bot.runtime.scopes.missing_of(role)
        if missing and role == "bot":
            words = f"{name} is signed in, but may not chat as a bot. Sign in once more."
            return Step(role, title, "broken", words, link, "Sign in again", tuple(missing))
        if missing or for_cogs:
            words = f"{name} is signed in. Some things are off until you allow them; all else works."
            features = {scope: feature_of(scope) for scope in missing}
            details = tuple(f"{what} ({scope})" for scope, what in {**for_cogs, **features}.items())
            return Step(role, title, "done", words, link, "Allow them", details)
        return Step(role, title, "done", f"{name} is signed in.")

    def _rewards(self, running_bot: RunningBot | None) -> tuple[Step, ...]:
        """Only while rewards belong to another application."""
        titles = running_bot.foreign_rewards() if running_bot is not None else []
        if not titles:
            return ()
        words = (
            "Another application made these rewards, so the bot cannot change them or give points back. Delete them on "
            "Twitch (Creator Dashboard, Viewer Rewards, Channel Points) and start again, or put TWITCH_CLIENT_ID back."
        )
        return (Step("rewards", "Channel points", "broken", words, details=tuple(titles)),)

    def _events(self, running_bot: RunningBot | None) -> Step:
        if running_bot is None:
            return Step("events", "Events", "off", "Pixel Bot listens as soon as both accounts are signed in.")
        eventsub = self._platform.eventsub
        if eventsub.stands_by:
            words = "Another process of this bot listens to Twitch. When it ends, this one goes on."
            return Step("events", "Events", "done", words)
        # What lacks a scope stands with the account, where one button mends it.
        if refused := [refusal for refusal in eventsub.refusals if not refusal.lacks_scope]:
            words = f"{count(len(refused), 'type')} of events cannot be heard. A new sign-in may help."
            link = f"/oauth?account={refused[0].type.role}"
            return Step("events", "Events", "broken", words, link, "Sign in again", tuple(str(r) for r in refused))
        if problems := tuple(eventsub.problems()):
            words = "Twitch is not connected. It is tried again by itself."
            return Step("events", "Events", "broken", words, details=problems)
        return Step("events", "Events", "done", "Chat, follows, subs and all the rest arrive.")
