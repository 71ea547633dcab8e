"""The service container: all services over one database, built once."""

from collections.abc import Collection
from dataclasses import dataclass

from pixel_bot.accounts.economy import Economy
from pixel_bot.accounts.ignoring import CHANGED, Ignoring
from pixel_bot.accounts.links import Links
from pixel_bot.accounts.merge import AccountMerge
from pixel_bot.accounts.newcomers import Newcomers
from pixel_bot.accounts.people import People
from pixel_bot.clock import Clock
from pixel_bot.cog_data.day_loss import DayLoss
from pixel_bot.cog_data.games import Games
from pixel_bot.cog_data.tables import CogTables
from pixel_bot.cog_data.transactions import Transactions
from pixel_bot.db.engine import Database
from pixel_bot.db.server.cluster import Cluster
from pixel_bot.earning.awards import Awards
from pixel_bot.earning.chat_gate import ChatRules
from pixel_bot.filters.bad_words import WordList
from pixel_bot.filters.word_file import word_file
from pixel_bot.model.last_good import LastGoodFile
from pixel_bot.model.own_words import Content, all_sentences, own_words
from pixel_bot.model.stream_state import Stream
from pixel_bot.model.watched_files import WatchedFiles
from pixel_bot.overlay.key import overlay_key
from pixel_bot.overlay.overlay import Overlay
from pixel_bot.overlay.widgets import WIDGET
from pixel_bot.points.bans import Bans
from pixel_bot.points.cooldowns import Cooldowns
from pixel_bot.points.ignore_list import IgnoreList
from pixel_bot.points.leaderboard import Leaderboard
from pixel_bot.points.level_rewards import LevelRewards
from pixel_bot.points.levels import Curve, Levels
from pixel_bot.points.viewers import Viewers
from pixel_bot.redeems.catalogue import Redeems
from pixel_bot.redeems.channel_points import ChannelPoints
from pixel_bot.redeems.hooks import RedeemHooks
from pixel_bot.redeems.quota import Quota
from pixel_bot.redeems.refunds import Refunds
from pixel_bot.redeems.shop import Shop
from pixel_bot.redeems.uses import UseCounts
from pixel_bot.settings import Mode, Settings
from pixel_bot.sounds.library import Sounds
from pixel_bot.upkeep.backups import Backups
from pixel_bot.upkeep.trial_restore import TrialRestore
from pixel_bot.wording.texts import use_language


@dataclass(frozen=True)
class CogServices:
    """What cogs keep, and what that is read from."""

    stream: Stream
    games: Games
    transactions: Transactions
    hooks: RedeemHooks
    cog_tables: CogTables
    backups: Backups


@dataclass(frozen=True)
class Services(CogServices):
    """All services of one bot, over one database."""

    settings: Settings
    mode: Mode
    clock: Clock
    database: Database
    cluster: Cluster
    viewers: Viewers
    people: People
    newcomers: Newcomers
    levels: Levels
    awards: Awards
    cooldowns: Cooldowns
    economy: Economy
    ignore_list: IgnoreList
    ignoring: Ignoring
    bans: Bans
    links: Links
    leaderboard: Leaderboard
    redeems: Redeems
    shop: Shop
    refunds: Refunds
    channel_points: ChannelPoints
    overlay: Overlay
    sounds: Sounds
    words: LastGoodFile[WordList]
    """The blocked words."""
    reasons: dict[str, str]
    """What reasons of loaded cogs in the ledger are called in a history, like ``won at the slots``."""
    files: WatchedFiles
    """The streamer's files that are read anew while the bot runs."""
    quota: Quota
    uses: UseCounts
    trial_restore: TrialRestore


def curve_of(settings: Settings) -> Curve:
    """The level curve of the settings."""
    return Curve(settings.xp_base, settings.xp_exponent, settings.xp_max_level)


def rules_of(settings: Settings) -> ChatRules:
    """What chat earns by the settings."""
    return ChatRules(
        settings.points_chat_amount,
        settings.points_chat_cooldown_seconds,
        settings.xp_chat_amount,
        settings.xp_chat_cooldown_seconds,
    )


def _speak(settings: Settings) -> LastGoodFile[Content]:
    """Choose the language of everything that is said, and the streamer's own words for it."""
    own = own_words(settings.data_dir, lambda: all_sentences(settings.cogs_dir))
    use_language(settings.bot_language, settings.currency, lambda: own.now_or_without().words)
    return own


def _cog_services(
    settings: Settings, database: Database, clock: Clock, mode: Mode, viewers: Viewers, levels: Levels, games: Games
) -> CogServices:
    backups = Backups(database.url, settings.backup_dir, settings.backup_keep, clock, mode, database.identity)
    stream = Stream()
    day_loss = DayLoss(games.day_loss, games.cogs)
    transactions = Transactions(database, clock, stream, viewers, levels, day_loss)
    tables = CogTables(database, clock, backups.add)
    return CogServices(stream, games, transactions, RedeemHooks(transactions), tables, backups)


def _overlay(settings: Settings, database: Database, clock: Clock, cluster: Cluster) -> Overlay:
    overlay = Overlay(clock, lambda: overlay_key(settings), settings.overlay_volume)
    overlay.widgets.database = database
    overlay.widgets.publish = lambda text: cluster.publish(WIDGET, text)
    cluster.subscribers.setdefault(WIDGET, set()).add(overlay.widgets.on_published)
    return overlay


def build_services(
    settings: Settings, database: Database, clock: Clock, left_out: Collection[str] = (), mode: Mode = "sandbox"
) -> Services:
    """Build the services. ``left_out`` are logins that do not compete on leaderboards."""
    own_texts, cluster = _speak(settings), Cluster(database)
    ignore_list = IgnoreList(database, clock)
    cluster.subscribers.setdefault(CHANGED, set()).add(lambda _: ignore_list.invalidate())
    viewers = Viewers(database, clock, settings.points_start_amount, ignore_list)
    rewards = LevelRewards(settings.level_rewards_file)
    levels = Levels(database, clock, curve_of(settings), rewards)
    sounds = Sounds(settings.sounds_dir, settings.command_prefix)
    words = word_file(settings.tts_words_file)
    cooldowns = Cooldowns(database, clock)
    games = Games(database, cluster, is_set=settings.games, day_loss=settings.games_day_loss)
    redeems = Redeems(database, clock, games)
    overlay = _overlay(settings, database, clock, cluster)
    cogs = _cog_services(settings, database, clock, mode, viewers, levels, games)
    refunds = Refunds(database, clock, cooldowns, overlay, cogs.hooks)
    awards = Awards(database, clock, viewers, levels, rules_of(settings), ignore_list)
    people = People(viewers, awards)
    merge = AccountMerge(clock, levels, ignore_list, cogs.cog_tables)
    merge.changed.add(awards.gate.forget)
    return Services(
        **vars(cogs),
        settings=settings,
        mode=mode,
        clock=clock,
        database=database,
        cluster=cluster,
        viewers=viewers,
        people=people,
        newcomers=Newcomers(database, clock, people),
        levels=levels,
        awards=awards,
        cooldowns=cooldowns,
        economy=Economy(database, clock, levels, merge, ignore_list),
        ignore_list=ignore_list,
        ignoring=Ignoring(viewers, ignore_list, cluster),
        bans=Bans(database),
        links=Links(database, clock, merge),
        leaderboard=Leaderboard(database, ignore_list, left_out),
        redeems=redeems,
        shop=Shop(database, clock, redeems, cooldowns, cogs.hooks, settings.tts_queue_max),
        refunds=refunds,
        channel_points=ChannelPoints(database, clock, refunds),
        overlay=overlay,
        sounds=sounds,
        words=words,
        reasons={},
        files=WatchedFiles([words, rewards.file, own_texts]),
        quota=Quota(database, clock),
        uses=UseCounts(database),
        trial_restore=TrialRestore(database, settings.backup_dir, clock, mode),
    )
