"""``python -m pixel_bot token``: tokens for scripts, also while the bot runs."""

import sys
from collections.abc import Sequence

from pixel_bot.cli.running import database_of_bot
from pixel_bot.clock import Clock
from pixel_bot.db.write_outage import in_plain_words
from pixel_bot.settings import Settings
from pixel_bot.web.access.tokens import TokenFacts, TokenRefused, Tokens


async def work_on_tokens(settings: Settings, name: str, revoked: str | None, scopes: Sequence[str]) -> int:
    """Make a token, list all of them, or revoke one. Returns the exit code.

    Args:
        settings: of this bot.
        name: of the new token, or ``list`` or ``revoke``.
        revoked: the name of the one that ends; None unless it is about that.
        scopes: of the new token; none: everything.

    Raises:
        StartError: it cannot be done; the sentence says why.
    """
    if (name == "revoke") != (revoked is not None) or (scopes and name in {"list", "revoke"}):
        raise TokenRefused("Type one of: token NAME [--scope S ...], token list, token revoke NAME")
    from pixel_bot.platforms.twitch.signing_in import default_app

    settings = await default_app.with_app_of_sign_ins(settings)
    async with database_of_bot(settings) as (database, _):
        tokens = Tokens(database, Clock())
        with in_plain_words(database.path):
            if name == "list":
                return _show(await tokens.all())
            if revoked is not None:
                await tokens.revoke(revoked)
                sys.stdout.write(f"The token {revoked} is worth nothing any more.\n")
                return 0
            token = await tokens.make(name, scopes)
    sys.stdout.write(f"{token}\n")
    sys.stdout.flush()
    print("Keep it: it is shown only now. Whoever has it can do what it may do.", file=sys.stderr)
    return 0


def _show(tokens: Sequence[TokenFacts]) -> int:
    for token in tokens:
        used = f"last used {token.used_at:%Y-%m-%d %H:%M} UTC" if token.used_at is not None else "never used"
        scopes = "everything" if token.scopes == ("*",) else " ".join(token.scopes)
        sys.stdout.write(f"{token.name}: {scopes} (made {token.created_at:%Y-%m-%d}, {used})\n")
    if not tokens:
        sys.stdout.write("There are no tokens.\n")
    return 0
