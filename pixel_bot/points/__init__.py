"""Points, XP and levels: ledger, idempotency, viewers, cooldowns, level rewards, leaderboard, ignore list, bans."""
