"""The account behind a user id, as SQL: whoever was looked up before they were linked is still asked for by that id."""

ACCOUNT = "(SELECT COALESCE(a.merged_into, a.id) FROM users a WHERE a.id = :user)"
"""The id of the account that has what ``:user`` has; nearly always the same one. NULL when there is no such user."""
