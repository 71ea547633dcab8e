"""The points with which users of the sandbox begin."""

from datetime import UTC, datetime

from pixel_bot.earning.award_batch import EventAward
from pixel_bot.sandbox.page_updates import person_of
from pixel_bot.sandbox.twitch.users import SandboxUser
from pixel_bot.services import Services

PLAY_MONEY = 1_000


async def give_play_money(services: Services, who: SandboxUser) -> None:
    """Give a user of the sandbox something to spend, once."""
    person = person_of(who)
    gift = EventAward(f"sandbox:{person.name}", "sandbox", person, PLAY_MONEY, 0, datetime.now(UTC))
    await services.awards.event(gift)
