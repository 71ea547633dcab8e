"""Compares the bans that the bot knows with Twitch's, because events may have been missed."""

from pixel_bot.concurrency.retry import Backoff, RetryLoop
from pixel_bot.platforms.twitch.helix import Helix, HelixError
from pixel_bot.platforms.twitch.helix_structs import BannedUser
from pixel_bot.points.bans import Bans

IDS_IN_ONE_REQUEST = 100


class BanCheck:
    """Asks whether known bans still stand, and whether the leaderboards' best are banned.

    Args:
        helix: for the requests, with the broadcaster's token.
        bans: what is known.
        owner_id: the broadcaster's user id.
        pace: when to try again.
    """

    def __init__(self, helix: Helix, bans: Bans, owner_id: str, pace: Backoff | None = None) -> None:
        self._helix = helix
        self._bans = bans
        self._owner_id = owner_id
        self._retry = RetryLoop("Bans", self.check, pace or Backoff())

    def check_soon(self) -> None:
        """Events may have been missed, or the bot may ask what it could not before."""
        self._retry.request_now()

    async def run(self) -> None:
        """Check at once, and whenever it is wanted, until cancelled."""
        self._retry.request()
        await self._retry.run()

    async def check(self) -> None:
        """Compare once.

        Raises:
            HelixError: Twitch cannot be asked right now.
        """
        known = {ban.author_id: ban for ban in await self._bans.to_check() if ban.author_id.isdecimal()}
        ids = list(known)
        for first in range(0, len(ids), IDS_IN_ONE_REQUEST):
            some = ids[first : first + IDS_IN_ONE_REQUEST]
            try:
                banned = await self._banned(some)
            except HelixError as exc:
                if exc.may_pass:
                    raise
                return  # not allowed, or not signed in; a new sign-in asks for another check
            for user_id in some:
                if (user_id in banned) != known[user_id].banned:
                    # With the moment of what was known: any event that comes meanwhile, or later, is younger.
                    await self._bans.note(known[user_id]._replace(banned=user_id in banned))

    async def _banned(self, user_ids: list[str]) -> set[str]:
        """Who of them is banned for good (https://dev.twitch.tv/docs/api/reference/#get-banned-users)."""
        rows = await self._helix.get(
            "moderation/banned",
            "broadcaster",
            BannedUser,
            broadcaster_id=self._owner_id,
            user_id=user_ids,
            first=IDS_IN_ONE_REQUEST,
        )
        return {row.user_id for row in rows if not row.expires_at}
