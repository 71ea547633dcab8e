"""Reasons that cogs may give in the ledger."""

MAX_REASON = 40
"""Characters; a round of a game adds an ending of its own."""
RESERVED = frozenset({
    "adopted", "chat", "cheer", "enter", "follow", "gift", "give", "import", "level", "link", "mod", "raid", "redeem",
    "refund", "sandbox", "start", "streak", "sub", "tip", "undo", "unlink", "upgrade", "watch",
})  # fmt: skip
"""Reasons of the ledger that the bot itself gives; ``!history`` and ``db check`` read them."""


def checked_reason(reason: str) -> None:
    """Refuse what cannot be a cog's reason in the ledger.

    Raises:
        ValueError: it is empty, too long, or one of the bot's own.
    """
    if not reason.strip() or len(reason) > MAX_REASON or reason.partition(":")[0] in RESERVED:
        raise ValueError(
            f"{reason!r} cannot be a reason in the ledger: it takes 1 to {MAX_REASON} characters, and none of the "
            "bot's own words like give or mod:add."
        )
