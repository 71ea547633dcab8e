"""The part of the set-up page about Joystick.tv."""

from pixel_bot.platforms.joystick.installations import ELSEWHERE
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.joystick.sign_in import JoystickSignIn
from pixel_bot.web.oauth import SignInRefused
from pixel_bot.web.setup import JOYSTICK, Question, Step

LINK = "/joystick/oauth"
TITLE = "Joystick.tv"


class JoystickSetUp:
    """The steps of the set-up there, and the handlers of the page's forms.

    Args:
        platform, sign_in: of this bot.
        redirect_uri: where Joystick.tv leads back to.
    """

    def __init__(self, platform: JoystickPlatform, sign_in: JoystickSignIn, redirect_uri: str) -> None:
        self._platform = platform
        self._installations = platform.installations
        self._sign_in = sign_in
        self._redirect_uri = redirect_uri

    def step(self) -> Step:
        """Its step."""
        install = self._installations.current
        if self._installations.election.is_elsewhere:
            return Step(JOYSTICK, TITLE, "done", f"{ELSEWHERE} When it ends, this one goes on.")
        if install is None:
            words = "Install the bot in your channel. Give your bot's page at Joystick.tv this redirect address first:"
            return Step(JOYSTICK, TITLE, "todo", words, LINK, "Install on Joystick.tv", copy=self._redirect_uri)
        if install.problem:
            return Step(JOYSTICK, TITLE, "broken", install.problem, LINK, "Install again")
        if problems := self._platform.problems():
            return Step(JOYSTICK, TITLE, "broken", problems[0], LINK, "Install again", tuple(problems[1:]))
        return Step(JOYSTICK, TITLE, "done", f"The bot is in the channel of {install.username}.")

    def questions(self) -> list[Question]:
        """Channels that the bot was put into from the marketplace, one at a time."""
        return [Question(JOYSTICK, waiting.username, waiting.channel_id) for waiting in self._installations.pending[:1]]

    def forgettable(self) -> list[str]:
        """Whether the bot can be taken out."""
        return [JOYSTICK] if self._installations.current is not None else []

    def channel_summary(self) -> str:
        """Where the bot is, in a sentence; empty while it is nowhere there."""
        install = self._installations.current
        return f"It is with {install.username} on Joystick.tv." if install is not None else ""

    async def accept(self, _account: str, key: str) -> None:
        """The streamer confirms that the channel is theirs."""
        await self._sign_in.accept(key)

    async def decline(self, _account: str, key: str) -> None:
        """The streamer says that it is not."""
        await self._sign_in.decline(key)

    async def forget(self, account: str) -> None:
        """Leave the channel.

        Raises:
            SignInRefused: the bot is in none.
        """
        if self._installations.current is None:
            raise SignInRefused(f"The bot is in no channel on {TITLE} ({account}).")
        await self._installations.forget()
