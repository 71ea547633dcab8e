"""The rules, and the SQL: ledger, viewers, levels, cooldowns, awards, leaderboards."""
