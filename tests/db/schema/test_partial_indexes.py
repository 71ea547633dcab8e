"""Indexes of a part of a table have their condition on both databases."""

from typing import Any

import pytest
from sqlalchemy import create_mock_engine

from pixel_bot.db.tables import Base


def made_on(url: str) -> dict[str, str]:
    """The conditions of the partial indexes that the models make there, by name."""
    statements: list[str] = []

    def note(ddl: Any, *_: object, **__: object) -> None:
        statements.append(" ".join(str(ddl.compile(dialect=engine.dialect)).split()))

    engine = create_mock_engine(url, note)
    Base.metadata.create_all(engine, checkfirst=False)
    split = (statement.partition(" WHERE ") for statement in statements if "INDEX" in statement)
    return {head.split(" ON ")[0].split()[-1]: condition for head, _, condition in split if condition}


ON_BOTH = {
    "ix_users_merged_into": "merged_into IS NOT NULL",
    "ux_changes_batch": "batch IS NOT NULL AND undone_at IS NULL",
    "ix_users_display_key": "display_key IS NOT NULL",
    "ix_redemptions_open": "reported_at IS NULL",
    "ix_queue_items_approval": "approval = 'waiting' AND status = 'pending'",
    "ux_links_merged_id": "undone_at IS NULL",
    "ix_rounds_open": "state = 'open'",
    "ix_transactions_round_id": "round_id IS NOT NULL",
}
ON_POSTGRES = {"ix_queue_items_untold": "NOT told", "ix_draws_owed": "owed"}
ON_SQLITE = {
    "ix_queue_items_untold": "told = 0",
    "ix_draws_owed": "owed = 1",
    "ix_transactions_change_id": "change_id IS NOT NULL",
}


@pytest.mark.parametrize(("url", "own"), [("postgresql+asyncpg://", ON_POSTGRES), ("sqlite://", ON_SQLITE)])
def test_each_partial_index_has_its_condition(url: str, own: dict[str, str]) -> None:
    assert made_on(url) == ON_BOTH | own
