"""The redeem of the wheel over the services of a bot that has no chat, and loads no cogs."""

from cogs.wheel import FINAL, shown
from cogs.wheel.draws import Draws
from cogs.wheel.prizes import prize_file
from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.model.outcome import Decided, OnBuy
from pixel_bot.model.people import Viewer
from pixel_bot.redeems.hooks import Hooks
from pixel_bot.redeems.offers import Offer
from pixel_bot.services import Services

SPIN = Offer("spin", "Spin", cost=100, cooldown=30, everyone_cooldown=7, lane="wheel", counts_from="begun", final=FINAL)
WHEEL = shown([], 0)


class WheelParts:
    """What the wheel does in the transactions of its items."""

    def __init__(self, services: Services) -> None:
        self._draws = Draws(prize_file(services.settings.data_dir / "prizes.json", services.sounds))
        services.hooks.add("spin", Hooks(self._draws.land, self._draws.cancel, self._draws.owe))

    def on_buy(self, viewer: Viewer) -> OnBuy:
        """What a spin of that viewer does in its purchase."""

        async def draw(tx: Transaction) -> Decided:
            drawn = await self._draws.draw(tx, viewer)
            return Decided(shown(drawn.slices, drawn.winner), {"draw": drawn.id})

        return draw
