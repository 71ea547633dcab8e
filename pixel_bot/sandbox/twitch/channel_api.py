"""The double's Helix endpoints of the channel: users, streams, chat messages and clips (https://dev.twitch.tv/docs/api/reference/)."""

from starlette.requests import Request
from starlette.responses import Response

from pixel_bot.sandbox.twitch.calls import Call, Handlers, Refusal, listed
from pixel_bot.sandbox.twitch.chat_settings import REASONS, Standing
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.stream_api import CATEGORIES
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser, is_login

LONGEST = 500


class Channel:
    """Endpoints for users, streams, chat and clips."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch
        self._users = twitch.users

    def handlers(self) -> Handlers:
        """By method and path."""
        return {
            ("GET", "users"): self._list_users,
            ("GET", "streams"): self._streams,
            ("POST", "chat/messages"): self._chat,
            ("GET", "chat/settings"): self._chat_settings,
            ("POST", "clips"): self._make_clip,
            ("GET", "clips"): self._clips,
        }

    async def _list_users(self, call: Call) -> Response:
        ids, logins = call.many("id"), call.many("login")
        if not ids and not logins:
            if call.user is None:
                raise Refusal(400, "Must provide an ID, Login or OAuth Token")
            return listed([self._user(call.user)])
        for login in logins:
            if not is_login(login.lower()):
                raise Refusal(400, "Invalid login names, emails or IDs in request")
        found = [*map(self._users.by_id, ids), *map(self._users.existing, logins)]
        return listed([self._user(person) for person in found if person is not None])

    async def _streams(self, call: Call) -> Response:
        ids, logins = call.many("user_id"), [login.lower() for login in call.many("user_login")]
        asked = STREAMER.id in ids or STREAMER.login in logins or not (ids or logins)
        return listed([self._stream()] if asked and self._twitch.live else [], {})

    def _stream(self) -> Json:
        return {
            "id": self._twitch.stream_id,
            "user_id": STREAMER.id,
            "user_login": STREAMER.login,
            "user_name": STREAMER.name,
            "game_id": self._twitch.category_id,
            "game_name": CATEGORIES.get(self._twitch.category_id, ""),
            "type": "live",
            "title": self._twitch.title,
            "tags": ["English"],
            "viewer_count": len(self._twitch.present),
            "started_at": f"{self._twitch.started_at:%Y-%m-%dT%H:%M:%SZ}",
            "language": "en",
            "thumbnail_url": "",
            "tag_ids": [],
            "is_mature": False,
        }

    async def _chat(self, call: Call) -> Response:
        body = call.fields()
        sender_id, channel_id = str(body.get("sender_id", "")), str(body.get("broadcaster_id", ""))
        self._check_sender(call, sender_id, channel_id)
        text, sender = str(body.get("message", "")), self._users.by_id(sender_id)
        if sender is None or not text.strip() or len(text) > LONGEST:
            raise Refusal(400, f"The message must be 1 to {LONGEST} characters long, from a known sender")
        reply_to = body.get("reply_parent_message_id")
        self._check_reply(reply_to)
        if (code := self._twitch.chat_settings.drop_code(sender.id, self._standing(sender.id), text)) is not None:
            if code == "automod_held":
                self._twitch.hold(sender, text, reply_to)
            dropped = {"code": code, "message": REASONS[code]}
            return listed([{"message_id": "", "is_sent": False, "drop_reason": dropped}])
        self._twitch.answers.answered(reply_to)
        sent = await self._twitch.say(sender, text, reply_to=reply_to)
        return listed([{"message_id": sent.id, "is_sent": True, "drop_reason": None}])

    def _check_reply(self, reply_to: str | None) -> None:
        """The message that is answered must be there, where the rules are enforced."""
        parent = self._twitch.chat_log.find(reply_to)
        if self._twitch.chat_settings.enforced and reply_to and (parent is None or parent.removed):
            raise Refusal(400, "The parent message cannot be found.")

    def _standing(self, user_id: str) -> Standing:
        if self._users.moderates(user_id):
            return "moderator"
        return "vip" if user_id in self._users.vips else "viewer"

    async def _chat_settings(self, call: Call) -> Response:
        if call.required("broadcaster_id") != STREAMER.id:
            raise Refusal(400, "The broadcaster_id is not a channel of this sandbox.")
        return listed([self._twitch.chat_settings.as_json()])

    def _check_sender(self, call: Call, sender_id: str, channel_id: str) -> None:
        """A user writes with a token of their own; the application needs the consent of both sides."""
        if not sender_id or not channel_id:
            missing = "sender_id" if channel_id else "broadcaster_id"
            raise Refusal(400, f"The parameter {missing} is required.")
        if call.user is not None:
            call.signed_by("user:write:chat")
            if sender_id != call.user.id:
                raise Refusal(401, "The ID in sender_id must match the user ID found in the request's OAuth token.")
        elif missing_scopes := {"user:write:chat", "user:bot"} - self._users.consents(sender_id):
            raise Refusal(401, f"Missing scope: {min(missing_scopes)}")
        if channel_id != STREAMER.id:
            raise Refusal(400, "The broadcaster_id is not a channel of this sandbox.")
        permitted = self._users.moderates(sender_id) or "channel:bot" in self._users.consents(channel_id)
        if call.user is None and not permitted:
            raise Refusal(403, "The sender is not permitted to send chat messages to the broadcaster’s chat room.")

    async def _make_clip(self, call: Call) -> Response:
        maker = call.signed_by("clips:edit")
        if call.required("broadcaster_id") != STREAMER.id or not self._twitch.live:
            raise Refusal(404, "Clipping is not possible for an offline channel.")
        clip = self._twitch.clips.make(maker)
        return listed([{"id": clip.id, "edit_url": f"{_clip_url(call.request, clip.id)}-edit"}], status=202)

    async def _clips(self, call: Call) -> Response:
        ids, channel = call.many("id"), call.one("broadcaster_id")
        if not ids and not channel:
            raise Refusal(400, "The id or broadcaster_id query parameter is required.")
        found = self._twitch.clips.ready(channel, ids)
        rows, pagination = call.page([clip.as_json(_clip_url(call.request, clip.id)) for clip in found])
        return listed(rows, pagination)

    def _user(self, who: SandboxUser) -> dict[str, str]:
        affiliate = who.id == STREAMER.id and self._users.affiliate
        return {
            "id": who.id,
            "login": who.login,
            "display_name": who.name,
            "type": "",
            "broadcaster_type": "affiliate" if affiliate else "",
            "description": "Lives in the sandbox.",
            "profile_image_url": "",
            "offline_image_url": "",
            "created_at": "2020-01-01T00:00:00Z",
        }


def _clip_url(request: Request, clip_id: str) -> str:
    """Where a clip would be seen: nothing is recorded here, so it leads to the sandbox."""
    return f"{request.url.scheme}://{request.url.netloc}/sandbox#clip-{clip_id}"
