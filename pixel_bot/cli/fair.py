"""``fair``: everything about a draw, so that anybody can draw it again without the bot."""

import json
import sys
from typing import Any

from pixel_bot.cli.running import database_of_bot
from pixel_bot.cog_data.draws import StoredDraw, StoredPromise, hash_of, stored_draw, stored_promise
from pixel_bot.settings import Settings


async def show_draw(settings: Settings, number: int) -> int:
    """Print a draw as JSON: its promise, seeds, odds and choices. The bot may run.

    A promised seed is left out until something was drawn by it.

    Returns:
        0; 1 where there is no such draw, or where what is kept does not give the choices that are kept.
    """
    async with database_of_bot(settings) as (database, _):
        promise = await stored_promise(database, number)
        draw = await stored_draw(database, number) if promise is None else None
    if promise is not None:
        draws, shown = promise.draws, _promise(promise)
    elif draw is not None:
        draws, shown = (draw,), {"draws": [_draw(draw)]}
    else:
        sys.stderr.write(f"There is no draw {number}.\n")
        return 1
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
    is_kept = promise is None or hash_of(promise.seed) == promise.seed_hash
    return 0 if is_kept and all(one.is_right for one in draws) else 1


def _promise(promise: StoredPromise) -> dict[str, Any]:
    seed = {"seed": promise.seed} if promise.draws else {}
    told = {"id": promise.id, "cog": promise.cog, "promised_at": promise.at.isoformat(), "sha256": promise.seed_hash}
    return told | seed | {"draws": [_draw(draw) for draw in promise.draws]}


def _draw(draw: StoredDraw) -> dict[str, Any]:
    return {
        "id": draw.id,
        "cog": draw.cog,
        "reason": draw.reason,
        "at": draw.at.isoformat(),
        "seed": draw.seed,
        "odds": [list(one) for one in draw.odds],
        "choice": draw.choice,
    }
