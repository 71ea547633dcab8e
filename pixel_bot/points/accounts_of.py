"""The accounts of a viewer on the platforms: their own, and those that are linked with it."""

from pixel_bot.db.engine import Database
from pixel_bot.model.people import Person, Platform, Viewer

_ACCOUNTS = """
SELECT platform_id, name, COALESCE(display_name, name) FROM users
WHERE platform = :platform AND COALESCE(merged_into, id) = :id AND platform_id IS NOT NULL
ORDER BY CASE WHEN id = :id THEN 0 ELSE 1 END, id
"""


async def account_on(database: Database, platform: Platform, viewer: Viewer) -> Person | None:
    """A viewer as a platform names them; None where they have no account there that is known."""
    rows = await database.look_up(_ACCOUNTS, {"platform": platform, "id": viewer.id})
    if not rows:
        return None
    platform_id, name, display_name = rows[0]
    return Person(platform_id, name.partition("@")[0], display_name, platform)
