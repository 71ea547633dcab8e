"""All services, built once and handed to whoever needs them."""

from collections.abc import Collection
from dataclasses import dataclass

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.services.awards import Awards
from pixel_bot.services.chat_gate import ChatRules
from pixel_bot.services.cooldowns import Cooldowns
from pixel_bot.services.economy import Economy
from pixel_bot.services.leaderboard import Leaderboard
from pixel_bot.services.levels import Curve, Levels
from pixel_bot.services.rewards import load_rewards
from pixel_bot.services.viewers import Viewers
from pixel_bot.settings import Settings


@dataclass(frozen=True)
class Services:
    """The rules of this bot, over one database."""

    settings: Settings
    clock: Clock
    database: Database
    viewers: Viewers
    levels: Levels
    awards: Awards
    cooldowns: Cooldowns
    economy: Economy
    leaderboard: Leaderboard


def curve_of(settings: Settings) -> Curve:
    """The level curve of the settings."""
    return Curve(settings.xp_base, settings.xp_exponent, settings.xp_max_level)


def build_services(settings: Settings, database: Database, clock: Clock, left_out: Collection[str] = ()) -> Services:
    """Wire the services. ``left_out`` are logins that do not compete on leaderboards."""
    viewers = Viewers(database, clock, settings.points_start_amount)
    levels = Levels(database, clock, curve_of(settings), load_rewards(settings.level_rewards_file))
    rules = ChatRules(
        settings.points_chat_amount,
        settings.points_chat_cooldown_seconds,
        settings.xp_chat_amount,
        settings.xp_chat_cooldown_seconds,
    )
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        viewers=viewers,
        levels=levels,
        awards=Awards(database, clock, viewers, levels, rules),
        cooldowns=Cooldowns(database, clock),
        economy=Economy(database, clock, levels),
        leaderboard=Leaderboard(database, left_out),
    )
