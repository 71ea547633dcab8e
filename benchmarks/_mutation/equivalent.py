"""Mutants that come to the same thing as the code that they change, each with the reason; by the module's name."""

from _mutation.mutants import Change

EQUIVALENT: dict[str, dict[Change, str]] = {
    "ledger.py": {
        (
            "await _explain(session, refused)",
            "await _explain(session, refused)",
            "removed",
        ): "The second try finds the same, and explains it.",
    },
    "refunds.py": {
        (
            "if not ended:",
            "if not ended: return []",
            "removed",
        ): "Nothing is looked for and nothing given back; it only takes more statements.",
    },
    "processed_ids.py": {
        (
            "if not events:",
            "if not events: return set()",
            "removed",
        ): "A statement without rows writes none.",
        (
            "if not events:",
            "if not events: return",
            "removed",
        ): "A statement without rows writes none.",
        (
            "if not ids:",
            "if not ids: return {}",
            "removed",
        ): "A query for no id finds nothing.",
    },
    "idempotency.py": {
        (
            'if message_id and await database.look_up("SELECT 1 FROM events WHERE id = :id", {"id": message_id}):',
            "'SELECT 1 FROM events WHERE id = :id'",
            "'SELECT 2 FROM events WHERE id = :id'",
        ): "Only whether there is a row is looked at.",
    },
    "claim_items.py": {
        (
            '.where(Q.id.in_(bindparam("ids", expanding=True)))',
            "True",
            "False",
        ): "``in_`` expands its parameter anyway.",
        (
            "if not ids:",
            "if not ids: return []",
            "removed",
        ): "A statement for no id changes nothing.",
    },
    "queue_items.py": {
        (
            "case((_ON_JOYSTICK, select(_OTHER.c.display_name).where(_OTHER.c.merged_into == _U.id).limit(1).scal",
            "_OTHER.c.merged_into == _U.id).limit(1)",
            "_OTHER.c.merged_into == _U.id)",
        ): "A person has one account at most on the other platform.",
        (
            "case((_ON_JOYSTICK, select(_OTHER.c.display_name).where(_OTHER.c.merged_into == _U.id).limit(1).scal",
            "1",
            "2",
        ): "A person has one account at most on the other platform.",
        (
            '_HEAD = _ITEMS.where(Q.track == bindparam("on"), Q.status == "pending").order_by(Q.id).limit(1)',
            "s == 'pending').order_by(Q.id).limit(1)",
            "s == 'pending').order_by(Q.id)",
        ): "Only the first row is looked at.",
        (
            '_HEAD = _ITEMS.where(Q.track == bindparam("on"), Q.status == "pending").order_by(Q.id).limit(1)',
            "1",
            "2",
        ): "Only the first row is looked at.",
        (
            '_WITHOUT_TRACK = select(Q.id).where(Q.track.is_(None), Q.status == "pending").limit(1)',
            "(None), Q.status == 'pending').limit(1)",
            "(None), Q.status == 'pending')",
        ): "Only the first row is looked at.",
        (
            '_WITHOUT_TRACK = select(Q.id).where(Q.track.is_(None), Q.status == "pending").limit(1)',
            "1",
            "2",
        ): "Only the first row is looked at.",
        (
            "row = (await session.execute(_ITEMS.where(*where).order_by(Q.id.desc()).limit(1))).first()",
            "(*where).order_by(Q.id.desc()).limit(1)",
            "(*where).order_by(Q.id.desc())",
        ): "Only the first row is looked at.",
        (
            "row = (await session.execute(_ITEMS.where(*where).order_by(Q.id.desc()).limit(1))).first()",
            "1",
            "2",
        ): "Only the first row is looked at.",
    },
    "shop.py": {
        (
            "ahead = await self._ahead(item_id, track) if row is not None and row.waiting else []",
            "row is not None and row.waiting",
            "row is not None or row.waiting",
        ): "Where nobody waits, the look finds nobody ahead.",
        (
            "if track is None:",
            "if track is None: return []",
            "removed",
        ): "No item is on the track NULL, so none is found ahead.",
    },
    "attempt.py": {
        (
            "raise",
            "raise",
            "removed",
        ): "``result`` raises the same for a task that was cancelled.",
    },
}
