"""The wheel on the overlay page in a browser."""

from tests.harness.overlay_double import OverlayDouble
from tests.harness.paths import ROOT

WEIGHTS = [6, 3, 5, 0.4, 2, 9, 1]
SLICES = [{"name": f"Prize {i}", "weight": weight} for i, weight in enumerate(WEIGHTS)]

FINISH_SPIN = "document.getAnimations().filter((a) => a.id === 'spin').forEach((a) => a.finish())"

WHEEL = ROOT / "cogs" / "wheel" / "overlay"


async def spin(bot: OverlayDouble, effect_id: str, slices: object, winner: object, by: str = "Alice") -> None:
    """The bot asks the page to turn the wheel, which is the art of a cog."""
    bot.art |= {path.name: path.read_text(encoding="utf-8") for path in WHEEL.iterdir()}
    address, data = "/overlay/art/one/wheel.js", {"slices": slices, "winner": winner}
    await bot.play(effect_id, "art", by=by, module=address, data=data, seconds=15)
