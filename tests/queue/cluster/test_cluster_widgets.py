"""A widget that one process sets is shown on the pages of the other."""

from pathlib import Path

from pixel_bot.testing import SettableClock, stage
from tests.harness.waiting import until

COG = """
from pixel_bot.plugin import Cog, Widget

class Boss(Cog):
    widgets = [Widget("boss", durable=True), Widget("mood")]

async def setup(bot):
    await bot.add_component(Boss(bot))
"""


async def test_both_show_what_one_has_set(url: str, tmp_path: Path) -> None:
    art = tmp_path / "my_cogs" / "boss" / "overlay"
    art.mkdir(parents=True)
    (art.parent / "__init__.py").write_text(COG, encoding="utf-8")
    for name in ("boss", "mood"):
        (art / f"{name}.js").write_text("export function show() {}", encoding="utf-8")
    cogs, clock = tmp_path / "my_cogs", SettableClock()
    async with (
        stage(tmp_path / "one", clock, page="one", database_url=url, cogs_dir=cogs) as one,
        stage(tmp_path / "two", clock, page="two", database_url=url, cogs_dir=cogs) as two,
    ):
        await one.bot.overlay.set("boss", {"left": 3})
        await one.bot.overlay.set("mood", "grim — 😈")
        await until(lambda: two.overlay.widgets == {"boss": {"left": 3}, "mood": "grim — 😈"})
        await two.bot.overlay.set("boss", {"left": 2})
        await until(lambda: one.overlay.widgets["boss"] == {"left": 2})
        await one.bot.overlay.set("boss", {"text": "x" * 50_000})
        await until(lambda: len(two.overlay.widgets["boss"].get("text", "")) == 50_000)
        await one.bot.overlay.set("mood", "y" * 50_000)
        await two.bot.overlay.set("boss", None)
        await until(lambda: "boss" not in one.overlay.widgets)
        assert two.overlay.widgets == {"mood": "grim — 😈"}, "what is too long to travel stays in its process"
