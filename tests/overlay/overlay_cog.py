"""A cog that is a folder, with art, written into a test's own folder."""

import base64
from pathlib import Path

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

CODE = '''
"""Waves."""

from pixel_bot.plugin import Cog, Outcome, OverlayEffect, Run, ShowOverlay, Speak, Widget, effect, redeem


class Waves(Cog):
    widgets = [Widget("boss"), Widget("tally", durable=True)]

    @redeem(cost=10)
    async def wave(self, ctx, name: str = "wave", sound: str = ""):
        """Wave."""
        return Outcome("", OverlayEffect(name, {"who": str(ctx.viewer), "of": [name]}, seconds=2, sound=sound))

    @redeem(cost=10)
    async def card(self, ctx, image: str = "", sound: str = ""):
        """Show a card."""
        return Outcome("", ShowOverlay("Hello!", image=image, sound=sound))

    @redeem(cost=10)
    async def speech(self, ctx, voice: str):
        """Say hello."""
        return Outcome("", Speak("hello", voice))

    @redeem(cost=10)
    async def later(self, ctx, name: str = "later"):
        """Wave, after some work."""
        return Outcome("", Run(name))

    @effect("later")
    async def work(self, job):
        return OverlayEffect("wave", {}, seconds=1)


async def setup(bot):
    await bot.add_component(Waves(bot))
'''

WAVE = """
import { word } from "./words.js";

export async function play(stage, { who, how }, { seconds }) {
  const picture = new Image();
  picture.src = new URL("dot.png", import.meta.url);
  await picture.decode();
  stage.append(picture, `${word} ${who} ${seconds}`);
  if (how === "throw") throw new Error("out of waves");
  if (how === "never") await new Promise(() => undefined);
}
"""

SHOW = "export function show(stage, state) { stage.textContent = `ONE ${state.left}`; }"


def written(cogs: Path) -> Path:
    """Write the cog. Returns its folder."""
    folder = cogs / "waves"
    art = folder / "overlay"
    art.mkdir(parents=True)
    (folder / "__init__.py").write_text(CODE, encoding="utf-8")
    (folder / "secret.js").write_text("secret", encoding="utf-8")
    (art / "wave.js").write_text(WAVE, encoding="utf-8")
    (art / "words.js").write_text('export const word = "hi";', encoding="utf-8")
    (art / "boss.js").write_text(SHOW, encoding="utf-8")
    (art / "tally.js").write_text(SHOW, encoding="utf-8")
    (art / "dot.png").write_bytes(PNG)
    (art / "notes.txt").write_text("secret", encoding="utf-8")
    (art / "link.png").symlink_to(folder / "secret.js")
    return folder
