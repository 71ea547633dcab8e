"""The double's Helix endpoints of channel points: rewards and redemptions."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, get_args

from starlette.responses import Response

from pixel_bot.sandbox.twitch.calls import Call, Handlers, Refusal, listed
from pixel_bot.sandbox.twitch.channel_points import MOST_REWARDS, Redemption, Reward, Status
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.reward_fields import changes_of

MANAGE: Final = "channel:manage:redemptions"
READ: Final = "channel:read:redemptions"
MOST_AT_ONCE = 50
NOT_YOURS = "The ID in the Client-Id header must match the client ID used to create the custom reward."


class Rewards:
    """Channel points over HTTP."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch
        self._users = twitch.users
        self._points = twitch.points

    def handlers(self) -> Handlers:
        """By method and path."""
        rewards, redemptions = "channel_points/custom_rewards", "channel_points/custom_rewards/redemptions"
        return {
            ("GET", rewards): self._list,
            ("POST", rewards): self._make,
            ("PATCH", rewards): self._change,
            ("DELETE", rewards): self._delete,
            ("GET", redemptions): self._redemptions,
            ("PATCH", redemptions): self._settle,
        }

    # Rewards

    async def _list(self, call: Call) -> Response:
        self._check_channel(call, READ, MANAGE)
        ids, own = call.many("id", MOST_AT_ONCE), call.one("only_manageable_rewards") == "true"
        rewards = self._points.rewards.values()
        found = [r for r in rewards if (not ids or r.id in ids) and (not own or self._is_ours(r))]
        if ids and not found:
            raise Refusal(404, "All of the custom rewards specified using the id query parameter were not found.")
        return self._shown(found)

    async def _make(self, call: Call) -> Response:
        self._check_channel(call, MANAGE)
        body = call.fields()
        for name in ("title", "cost"):
            if body.get(name) is None:
                raise Refusal(400, f"The {name} field is required.")
        empty = Reward(secrets.token_hex(16), "", 1, self._users.client_id)
        reward = replace(empty, **changes_of(body, empty))
        if self._points.called(reward.title) is not None:
            raise Refusal(400, "CREATE_CUSTOM_REWARD_DUPLICATE_REWARD")
        if len(self._points.rewards) >= MOST_REWARDS:
            raise Refusal(400, "CREATE_CUSTOM_REWARD_TOO_MANY_REWARDS")
        return self._changed(reward)

    async def _change(self, call: Call) -> Response:
        self._check_channel(call, MANAGE)
        reward = self._ours(call.required("id"))
        changed = replace(reward, **changes_of(call.fields(), reward))
        other = self._points.called(changed.title)
        if other is not None and other.id != reward.id:
            raise Refusal(400, "UPDATE_CUSTOM_REWARD_DUPLICATE_REWARD")
        return self._changed(changed)

    async def _delete(self, call: Call) -> Response:
        self._check_channel(call, MANAGE)
        reward = self._ours(call.required("id"))
        await self._twitch.tell_settled(self._points.remove(reward))
        return Response(status_code=204)

    def _changed(self, reward: Reward) -> Response:
        self._points.put(reward)
        self._twitch.tell_changed()
        return self._shown([reward])

    def _shown(self, rewards: list[Reward]) -> Response:
        return listed([self._points.shown(reward, live=self._twitch.live) for reward in rewards])

    # Redemptions

    async def _redemptions(self, call: Call) -> Response:
        self._check_channel(call, READ, MANAGE)
        reward = self._ours(call.required("reward_id"), "reward_id")
        ids, status, sort = call.many("id", MOST_AT_ONCE), call.one("status"), call.one("sort") or "OLDEST"
        if not ids and not status:
            raise Refusal(400, "The status query parameter is required if you don't specify the id query parameter.")
        if status not in {"", *get_args(Status)} or sort not in {"OLDEST", "NEWEST"}:
            raise Refusal(400, "The value in the status or sort query parameter is not valid.")
        found = [r for r in self._points.redemptions.values() if r.reward.id == reward.id]
        if ids:
            found = [r for r in found if r.id in ids]
            if not found:
                raise Refusal(404, "All of the redemptions specified using the id query parameter were not found.")
        else:
            found = [r for r in found if r.status == status]
        rows, pagination = call.page(found if sort == "OLDEST" else found[::-1], 20, MOST_AT_ONCE)
        return listed([r.as_json() for r in rows], pagination)

    async def _settle(self, call: Call) -> Response:
        self._check_channel(call, MANAGE)
        reward = self._ours(call.required("reward_id"), "reward_id")
        call.required("id")
        status = self._wanted_status(call.fields())
        ids = [i for i in call.many("id", MOST_AT_ONCE) if self._is_of(self._points.redemptions.get(i), reward)]
        ended = self._points.settle(ids, status)
        if not ended:
            raise Refusal(404, "The redemptions specified were not found or their statuses weren't UNFULFILLED.")
        await self._twitch.tell_settled(ended)
        return listed([r.as_json() for r in ended])

    @staticmethod
    def _wanted_status(body: Mapping[str, Any]) -> Status:
        match body.get("status"):
            case "FULFILLED":
                return "FULFILLED"
            case "CANCELED":
                return "CANCELED"
            case _:
                raise Refusal(400, "The value in the status field is not valid.")

    @staticmethod
    def _is_of(redemption: Redemption | None, reward: Reward) -> bool:
        return redemption is not None and redemption.reward.id == reward.id

    # Who may

    def _check_channel(self, call: Call, *scopes: str) -> None:
        call.as_self("broadcaster_id", *scopes)
        if not self._users.affiliate:
            raise Refusal(403, "channel points are not available for the broadcaster")

    def _ours(self, reward_id: str, parameter: str = "id") -> Reward:
        reward = self._points.rewards.get(reward_id)
        if reward is None:
            raise Refusal(404, f"The custom reward specified in the {parameter} query parameter was not found.")
        if not self._is_ours(reward):
            raise Refusal(403, NOT_YOURS)
        return reward

    def _is_ours(self, reward: Reward) -> bool:
        return reward.client_id == self._users.client_id
