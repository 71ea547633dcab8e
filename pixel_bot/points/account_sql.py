"""SQL that follows a merged account: an id that was read before two accounts were linked still finds the kept one."""

ACCOUNT = "(SELECT COALESCE(a.merged_into, a.id) FROM users a WHERE a.id = :user)"
"""The id of the account that holds the points of ``:user``: itself unless merged. NULL when there is no such user."""
