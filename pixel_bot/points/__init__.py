"""Points, XP and levels: the ledger, processed ids, idempotency, viewers, cooldowns, level rewards, leaderboard."""
