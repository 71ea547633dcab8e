"""Mutants that come to the same thing as the code that they change, each with the reason; by the module's name."""

from _mutation.mutants import Change

EQUIVALENT: dict[str, dict[Change, str]] = {
    "ledger.py": {
        (
            "await _raise_refusal(session, refused)",
            "await _raise_refusal(session, refused)",
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
            '_QUEUE_HEAD = _ITEMS.where(Q.track == bindparam("worker"), Q.status == "pending").order_by(Q.id).lim',
            "s == 'pending').order_by(Q.id).limit(1)",
            "s == 'pending').order_by(Q.id)",
        ): "Only the first row is looked at.",
        (
            '_QUEUE_HEAD = _ITEMS.where(Q.track == bindparam("worker"), Q.status == "pending").order_by(Q.id).lim',
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
            "ahead = await self._ahead(item_id, worker) if row is not None and row.waiting else []",
            "row is not None and row.waiting",
            "row is not None or row.waiting",
        ): "Where nobody waits, the look finds nobody ahead.",
        (
            "if worker is None:",
            "if worker is None: return []",
            "removed",
        ): "No item is on the track NULL, so none is found ahead.",
    },
    "recovery.py": {
        (
            "if not await any_unfinished(services.database):",
            "if not await any_unfinished(services.database): return 0",
            "removed",
        ): "Nothing is found then, and nothing done; it only takes more of a start.",
    },
    "attempt.py": {
        (
            "raise",
            "raise",
            "removed",
        ): "``result`` raises the same for a task that was cancelled.",
    },
    "event_matching.py": {
        (
            "LOOK_BACK = timedelta(days=400)",
            "400",
            "401",
        ): "What is that old fits nothing any more.",
    },
    "event_claims.py": {
        (
            "select(EventClaim)",
            "son == evidence.person).where(EventClaim.at >= evidence.at - back)",
            "son == evidence.person).where()",
        ): "What is older fits nothing; it only takes longer.",
        (
            "select(EventClaim, User.name, User.display_name)",
            "ventClaim.announced.is_(False), EventClaim.kind == 'sub')",
            "ventClaim.announced.is_(False))",
        ): "Only a sub waits to be announced.",
    },
    "sub_waits.py": {
        (
            "waiting[0].cancel()",
            "waiting[0].cancel()",
            "removed",
        ): "Nothing waits any more when the timer ends.",
        (
            "timer.cancel()",
            "timer.cancel()",
            "removed",
        ): "Nothing waits any more when the timer ends.",
    },
    "award_transaction.py": {
        (
            "if not telling:",
            "if not telling: return {}",
            "removed",
        ): "A query for no id finds nothing.",
        ("return False", "False", "True"): "An award for nobody has no points, so it pays as much as one that is held.",
    },
    "event_handler.py": {
        (
            "self.pending.drop(claim.claim_id)",
            "self.pending.drop(claim.claim_id)",
            "removed",
        ): "What waits is announced by then, and ``begin_to_announce`` says so.",
    },
    "ignore_list.py": {
        (
            '_TAKEN_OVER = "DELETE FROM ignored_names WHERE EXISTS (SELECT 1 FROM users u WHERE u.name = ignored_',
            "ed_names WHERE EXISTS (SELECT 1 FROM users u WHERE u.name = ignored_names.name)'",
            "ed_names WHERE EXISTS (SELECT 2 FROM users u WHERE u.name = ignored_names.name)'",
        ): "Only whether there is a row is looked at.",
        (
            "self._version = 1",
            "1",
            "2",
        ): "Only whether it is the same as before is looked at.",
        (
            "self._version += 1",
            "1",
            "2",
        ): "Only whether it is the same as before is looked at.",
    },
    "leaderboard.py": {
        (
            '_TOP = """',
            "es})\\n AND NOT EXISTS (SELECT 1 FROM ignored_accounts i WHERE i.user_id = u.id AND i.ignored)\\n AND ",
            "es})\\n AND NOT EXISTS (SELECT 2 FROM ignored_accounts i WHERE i.user_id = u.id AND i.ignored)\\n AND ",
        ): "Only whether there is a row is looked at.",
        (
            '_TOP = """',
            ")\\n AND NOT EXISTS (\\n SELECT 1 FROM bans a WHERE a.platform = u.platform AND a.platform_id = u.plat",
            ")\\n AND NOT EXISTS (\\n SELECT 2 FROM bans a WHERE a.platform = u.platform AND a.platform_id = u.plat",
        ): "Only whether there is a row is looked at.",
        (
            '_RANK = """',
            "alue FROM me), EXISTS (SELECT 1 FROM excluded WHERE name = :name),\\n (SELECT COUNT(*) FROM {table} b",
            "alue FROM me), EXISTS (SELECT 2 FROM excluded WHERE name = :name),\\n (SELECT COUNT(*) FROM {table} b",
        ): "Only whether there is a row is looked at.",
        (
            'ahead = await self._read(session, board, names, value, "ASC, b.id DESC", 1) if better else []',
            "1",
            "2",
        ): "Only the first row is looked at.",
    },
}
