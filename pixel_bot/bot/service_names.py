"""The services by the names under which cogs know them, like ``bot.economy``."""

from pixel_bot.bot.twitchio_internals import BotInternals
from pixel_bot.services import Services


class ServiceNames(BotInternals):
    """Each service that the bot or a cog asks for, under its name."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.settings.command_prefix)
        self.services = services
        self.settings = services.settings
        self.clock = services.clock
        self.sessions = services.database.sessions
        self.readers = services.database.readers
        self.viewers = services.viewers
        self.levels = services.levels
        self.awards = services.awards
        self.cooldowns = services.cooldowns
        self.economy = services.economy
        self.leaderboard = services.leaderboard
        self.redeems = services.redeems
        self.shop = services.shop
        self.wheel = services.wheel
        self.sounds = services.sounds
        self.overlay = services.overlay
        self.stream = services.stream
        self.ignoring = services.ignoring
        self.uses = services.uses
        self.people = services.people
