"""The state of the set-up page: what is connected, what is missing, and what to do about it."""

import asyncio
from collections.abc import Callable

from pixel_bot.db.file_identity import SECOND_NAME
from pixel_bot.diagnostics.settings_check import warnings_of
from pixel_bot.run.running_bot import RunningBot
from pixel_bot.run.setup_joystick import JoystickSetUp
from pixel_bot.run.setup_twitch import TwitchSetUp
from pixel_bot.services import Services
from pixel_bot.texts import count
from pixel_bot.upkeep.backups import SAME_DISK
from pixel_bot.web.games import GAMES_PAGE
from pixel_bot.web.oauth import SignInRefused
from pixel_bot.web.setup import JOYSTICK, Pressed, SetupState, Step, WaitingText
from pixel_bot.wording.texts import currency, currency_title

SHOWN_SOUNDS = 20

ON_THE_PAGE = "/setup"
"""Who has answered, where it was done on the page."""

NO_TWITCH = Step("events", "Twitch", "off", "Not set up. For Twitch set TWITCH_CLIENT_ID, and start again.")
NO_JOYSTICK = Step(
    JOYSTICK,
    "Joystick.tv",
    "off",
    "Not set up. For Joystick.tv set JOYSTICK_CLIENT_ID and JOYSTICK_CLIENT_SECRET, and start again.",
)


class SetUp:
    """The steps of the set-up, and the handlers of the page's forms.

    Args:
        services: of this bot.
        running_bot: the bot; None until an account has signed in.
        overlay_url: the overlay's address.
        twitch: None where its credentials are not set.
        joystick: the same.
    """

    def __init__(
        self,
        services: Services,
        running_bot: Callable[[], RunningBot | None],
        overlay_url: str,
        twitch: TwitchSetUp | None,
        joystick: JoystickSetUp | None,
    ) -> None:
        self._services = services
        self._settings = services.settings
        self._running_bot = running_bot
        self._overlay_url = overlay_url
        self._twitch = twitch
        self._joystick = joystick

    async def state(self) -> SetupState:
        """The present state of all steps."""
        twitch = self._twitch.steps(self._running_bot()) if self._twitch is not None else (NO_TWITCH,)
        rest = (self._overlay(), self._obs(), self._games())
        # What is to be done stands above what is only possible.
        steps = (*twitch, *rest, NO_JOYSTICK) if self._joystick is None else (*twitch, self._joystick.step(), *rest)
        at_risk = (*self._database(), *await self._backups())
        steps = (*at_risk, *self._files(), *self._broken_cogs(), *self._strange_settings(), *self._silence(), *steps)
        cog_steps = self._of_cogs()
        to_go = [step for step in (*steps, *cog_steps) if step.tone in {"todo", "broken"}]
        sides = [side for side in (self._twitch, self._joystick) if side is not None]
        return SetupState(
            headline=self._headline(len(to_go)),
            ready=not to_go,
            steps=steps,
            questions=tuple(question for side in sides for question in side.questions()),
            overlay_url=self._overlay_url,
            redirect_uri="" if self._twitch is None or self._twitch.uses_codes else self._twitch.redirect_uri,
            forgettable=tuple(key for side in sides for key in side.forgettable()),
            texts=await self._texts(),
            cog_steps=cog_steps,
        )

    async def answer(self, number: int, *, yes: bool) -> bool:
        """Say yes or no to a text that waits for that. Returns False when it does not wait any more."""
        running_bot = self._running_bot()
        if running_bot is None:
            return False
        approvals = running_bot.bot.approvals
        return await approvals.answer(yes=yes, by=ON_THE_PAGE, item_id=number) is not None

    async def press(self, step: str, button: str) -> Pressed:
        """Tell a cog that a button of its step was pressed."""
        running_bot = self._running_bot()
        return await running_bot.bot.setup_pressed(step, button) if running_bot is not None else Pressed.GONE

    async def _texts(self) -> tuple[WaitingText, ...]:
        running_bot = self._running_bot()
        requests = await running_bot.bot.approvals.waiting() if running_bot is not None else []
        return tuple(WaitingText(r.item.id, r.item.redeem, r.item.buyer, r.text) for r in requests)

    async def accept(self, account: str, key: str) -> None:
        """Keep the account that the question was about."""
        await self._side(account).accept(account, key)

    async def decline(self, account: str, key: str) -> None:
        """Drop it."""
        await self._side(account).decline(account, key)

    async def forget(self, account: str) -> None:
        """Take the choice of an account back."""
        await self._side(account).forget(account)

    def _side(self, account: str) -> TwitchSetUp | JoystickSetUp:
        side = self._joystick if account == JOYSTICK else self._twitch
        if side is None:
            raise SignInRefused("That platform is not set up here. Look at the set-up page.")
        return side

    def _headline(self, to_go: int) -> str:
        if to_go:
            return f"{count(to_go, 'step')} to go"
        where = [
            words for side in (self._twitch, self._joystick) if side is not None and (words := side.channel_summary())
        ]
        return f"All set. {' '.join(where)}".strip()

    # The rest

    def _database(self) -> tuple[Step, ...]:
        """Only while something is wrong with it."""
        outage, points = self._services.awards.write_outage.now, currency_title()
        if outage is not None:
            return (Step("database", points, "broken", str(outage)),)
        identity = self._services.database.identity
        if identity is not None and identity.has_second_name:
            return (Step("database", points, "off", f"The database {SECOND_NAME}"),)
        return ()

    def _strange_settings(self) -> tuple[Step, ...]:
        """Only while there is something to say about them; looked at anew each time, because folders come and go."""
        found = warnings_of(self._settings)
        if not found:
            return ()
        words = f"{count(len(found), 'setting')} may not be as you meant it. After a change, start the bot again."
        return (Step("settings", "Settings", "todo", words, details=tuple(found)),)

    async def _backups(self) -> tuple[Step, ...]:
        """Only while they are at risk."""
        last = self._services.trial_restore.last
        if last is not None and last.problem:
            words = f"The backup {last.name} cannot be restored. {last.problem} Type !backup in chat for a new one."
            return (Step("backups", "Backups", "broken", words),)
        if await asyncio.to_thread(self._services.backups.on_same_disk):
            return (Step("backups", "Backups", "off", SAME_DISK),)
        return ()

    def _files(self) -> tuple[Step, ...]:
        """Only while one is broken, or a sound cannot be played."""
        broken = [problem for file in self._services.files if (problem := file.problem)]
        sounds = self._services.sounds.problems()
        found: list[Step] = []
        if broken:
            found.append(Step("files", "Your files", "broken", " ".join(broken)))
        if sounds:
            words = f"{count(len(sounds), 'sound')} cannot be played."
            found.append(Step("sounds", "Sounds", "off", words, details=tuple(sounds[:SHOWN_SOUNDS])))
        return tuple(found)

    def _silence(self) -> tuple[Step, ...]:
        """Only while it is set."""
        words = "SILENT is set: everything is counted and paid, and nothing is said. Take it out of .env to speak."
        return (Step("silent", "Chat", "off", words),) if self._settings.silent else ()

    def _overlay(self) -> Step:
        overlay = self._services.overlay
        if overlay.best(needs_sound=False) is None:
            words = "In OBS: Sources, +, Browser. Paste the address, 1920 by 1080, tick Control audio via OBS."
            return Step("overlay", "Overlay", "todo", words)
        if overlay.best(needs_sound=True) is None:
            words = "It is open, but its sound is blocked: click on the page, or add it to OBS instead."
            return Step("overlay", "Overlay", "broken", words)
        return Step("overlay", "Overlay", "done", "It is open.")

    def _obs(self) -> Step:
        running_bot = self._running_bot()
        if not self._settings.obs_configured:
            return Step("obs", "OBS", "off", "Not set up. To connect the bot to OBS, set OBS_PASSWORD.")
        if running_bot is None or not running_bot.bot.obs.is_set_up:
            return Step("obs", "OBS", "off", "It is connected as soon as the bot is at work.")
        problem = running_bot.bot.obs.problem
        return Step("obs", "OBS", "broken" if problem else "done", problem or "It is connected.")

    def _games(self) -> Step:
        games, title = self._services.games, f"Games with {currency(2)}"
        if games.on:
            by = " by GAMES=true" if games.is_set else ""
            return Step("games", title, "done", f"They are on{by}.", GAMES_PAGE, "What that means")
        words = "Bets, raffles and the like are off. Read one page, and say yes or no."
        if games.answer is False:
            words = "You have said no. You can change that."
        return Step("games", title, "off", words, GAMES_PAGE, "Read the page")

    def _of_cogs(self) -> tuple[Step, ...]:
        """What the features say, as soon as the bot is at work."""
        running_bot = self._running_bot()
        return tuple(running_bot.bot.setup_steps()) if running_bot is not None else ()

    def _broken_cogs(self) -> tuple[Step, ...]:
        """Only while one could not be loaded, or was set aside."""
        running_bot = self._running_bot()
        # What lacks a scope stands with the account, where one button mends it.
        broken = running_bot.bot.cogs.broken(partly=False) if running_bot is not None else []
        if not broken:
            return ()
        words = f"{count(len(broken), 'cog')} could not be loaded. All else works."
        return (Step("cogs", "Cogs", "broken", words, details=tuple(broken)),)
