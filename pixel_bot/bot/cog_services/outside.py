"""What lies outside of the bot, as cogs use it: built once, and joined with the platforms as they come."""

from collections.abc import Awaitable, Callable

from pixel_bot.bot.cog_services.channel_control import ChannelControl
from pixel_bot.bot.cog_services.http import CogHttp
from pixel_bot.bot.cog_services.joystick_moderation import JoystickModeration, Perform
from pixel_bot.bot.cog_services.moderation import Moderation
from pixel_bot.bot.cog_services.obs import ObsControl, ObsRequests
from pixel_bot.bot.cog_services.twitch_api import TwitchApi
from pixel_bot.bot.cogs.runtime import CogRuntime
from pixel_bot.platforms.twitch.helix import Helix
from pixel_bot.services import Services


class Outside:
    """Moderation, the channel, HTTP and OBS.

    Args:
        services: of this bot.
        runtime: of its cogs.
        obs: the connection to OBS; None where it is not set up.
    """

    def __init__(self, services: Services, runtime: CogRuntime, obs: ObsRequests | None) -> None:
        self.twitch = TwitchApi(services.database, runtime.scopes)
        self.joystick = JoystickModeration(services.database, services.clock)
        self.moderation = Moderation(self.twitch, self.joystick, services.database)
        self.channel = ChannelControl(self.twitch, services.clock)
        self.http = CogHttp()
        self.obs = ObsControl(runtime.bus.publish)
        self.obs.use(obs)
        runtime.filters.enforce = self.moderation.enforce

    def join_twitch(self, helix: Helix, owner_id: str) -> None:
        """From now on the bot is on Twitch."""
        self.twitch.join(helix, owner_id)

    def join_joystick(self, perform: Perform, whisper: Callable[[str, str], Awaitable[object]]) -> None:
        """From now on the bot is on Joystick.tv."""
        self.joystick.join(perform, whisper)

    async def close(self) -> None:
        """End what is open."""
        self.joystick.stop()
        await self.http.close()
