"""The double's Helix endpoints of the stream: title and category, announcements, shout-outs, followers."""

import secrets
import time
from datetime import datetime
from typing import Any

from starlette.responses import Response

from pixel_bot.sandbox.twitch import notices
from pixel_bot.sandbox.twitch.calls import Call, Handlers, Refusal, listed
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.frames import Json, timestamp
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser

CATEGORIES = {"509658": "Just Chatting", "27": "Tetris", "509448": "Tetris Effect", "26936": "Music"}
"""Ids and names of the categories that exist."""

LONGEST_TITLE = 140
LONGEST_ANNOUNCEMENT = 500
COLORS = {"blue", "green", "orange", "purple", "primary"}

BETWEEN_SHOUTOUTS, BETWEEN_SAME = 120.0, 3_600.0
"""Seconds."""


class Stream:
    """What a streamer sets and asks (https://dev.twitch.tv/docs/api/reference/)."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch
        self._users = twitch.users
        self._shown: dict[str, float] = {}

    def handlers(self) -> Handlers:
        """By method and path."""
        return {
            ("GET", "channels"): self._channel,
            ("PATCH", "channels"): self._change,
            ("GET", "search/categories"): self._search,
            ("POST", "chat/announcements"): self._announce,
            ("POST", "chat/shoutouts"): self._shoutout,
            ("GET", "channels/followers"): self._followers,
        }

    async def _channel(self, call: Call) -> Response:
        wanted = call.many("broadcaster_id")
        if not wanted:
            raise Refusal(400, 'Missing required parameter "broadcaster_id"')
        return listed([self._row()] if STREAMER.id in wanted else [])

    def _row(self) -> Json:
        twitch = self._twitch
        return {
            "broadcaster_id": STREAMER.id,
            "broadcaster_login": STREAMER.login,
            "broadcaster_name": STREAMER.name,
            "broadcaster_language": "en",
            "game_id": twitch.category_id,
            "game_name": CATEGORIES.get(twitch.category_id, ""),
            "title": twitch.title,
            "delay": 0,
            "tags": ["English"],
            "content_classification_labels": [],
            "is_branded_content": False,
        }

    async def _change(self, call: Call) -> Response:
        call.as_self("broadcaster_id", "channel:manage:broadcast", "user:edit:broadcast")
        fields = call.fields()
        title, category = fields.get("title"), fields.get("game_id")
        if title is None and category is None:
            raise Refusal(400, "The request must update at least one property.")
        if title is not None and not 1 <= len(str(title)) <= LONGEST_TITLE:
            raise Refusal(400, "The title field may not contain an empty string or be too long.")
        if category not in {None, "", "0"} and category not in CATEGORIES:
            raise Refusal(400, "The ID in game_id is not valid.")
        if title is not None:
            self._twitch.title = str(title)
        if category is not None:
            self._twitch.category_id = "" if category == "0" else str(category)
        self._twitch.tell_changed()
        return Response(status_code=204)

    async def _search(self, call: Call) -> Response:
        call.signed_by()
        words = call.required("query").casefold().split()
        found = [(i, name) for i, name in CATEGORIES.items() if any(word in name.casefold() for word in words)]
        rows, pagination = call.page([{"id": i, "name": name, "box_art_url": ""} for i, name in found])
        return listed(rows, pagination)

    async def _announce(self, call: Call) -> Response:
        moderator = self._moderator(call, "moderator:manage:announcements")
        fields = call.fields()
        text = str(fields.get("message") or "")
        if not text:
            raise Refusal(400, "The message field in the request's body is required.")
        if fields.get("color", "primary") not in COLORS:
            raise Refusal(400, "The named color in the color field is not valid.")
        text = text[:LONGEST_ANNOUNCEMENT]  # Twitch cuts a longer one
        color = str(fields.get("color", "primary")).upper()
        event = notices.notice(moderator, "announcement", secrets.token_hex(16), text, color=color)
        self._twitch.announcements.append(text)
        await self._twitch.emit("channel.chat.notification", event)
        return Response(status_code=204)

    async def _shoutout(self, call: Call) -> Response:
        source, target = call.required("from_broadcaster_id"), self._users.by_id(call.required("to_broadcaster_id"))
        moderator = call.as_self("moderator_id", "moderator:manage:shoutouts")
        if source != STREAMER.id or not self._users.moderates(moderator.id):
            raise Refusal(403, "The user in moderator_id is not one of the broadcaster's moderators.")
        if target is None:
            raise Refusal(400, "The ID in to_broadcaster_id is not valid.")
        if target.id == STREAMER.id:
            raise Refusal(400, "The broadcaster may not give themselves a Shoutout.")
        if not self._twitch.live:
            raise Refusal(400, "The broadcaster is not streaming live or does not have one or more viewers.")
        now = time.monotonic()
        if any(now - at < BETWEEN_SHOUTOUTS for at in self._shown.values()):
            raise Refusal(429, "The broadcaster exceeded the number of Shoutouts they may send within a given window.")
        if now - self._shown.get(target.id, float("-inf")) < BETWEEN_SAME:
            raise Refusal(429, "The broadcaster exceeded the number of Shoutouts they may send to this broadcaster.")
        self._shown[target.id] = now
        self._twitch.shoutouts.append(target)
        return Response(status_code=204)

    async def _followers(self, call: Call) -> Response:
        if call.required("broadcaster_id") != STREAMER.id:
            raise Refusal(400, "The broadcaster_id is not a channel of this sandbox.")
        user = call.signed_by()
        followers = self._users.followers()
        if "moderator:read:followers" not in call.scopes or not self._users.moderates(user.id):
            if call.one("user_id"):
                raise Refusal(401, "Missing scope: moderator:read:followers")
            return listed([], {}, total=len(followers))
        wanted = call.one("user_id")
        rows = [_follower(who, since) for who, since in followers if not wanted or who.id == wanted]
        page, pagination = call.page(rows)
        return listed(page, pagination, total=len(followers))

    def _moderator(self, call: Call, *scopes: str) -> SandboxUser:
        call.required("broadcaster_id")
        moderator = call.as_self("moderator_id", *scopes)
        if call.one("broadcaster_id") != STREAMER.id or not self._users.moderates(moderator.id):
            raise Refusal(403, "The user in moderator_id is not one of the broadcaster's moderators.")
        return moderator


def _follower(who: SandboxUser, since: datetime) -> dict[str, Any]:
    return {"user_id": who.id, "user_login": who.login, "user_name": who.name, "followed_at": timestamp(since)}
