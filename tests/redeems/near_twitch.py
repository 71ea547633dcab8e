"""Twitch's channel points in the test's own process."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeVar

from pixel_bot.concurrency.retry import Backoff
from pixel_bot.platforms.twitch.helix import HelixError, Role
from pixel_bot.platforms.twitch.helix_structs import Row
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser
from pixel_bot.testing import SettableClock
from pixel_bot.testing.twitch_users import rows_as

SECONDS = 10.0
QUICK = Backoff(calm=0.0, first=0.01, longest=0.05)
REWARDS = "channel_points/custom_rewards"
REDEMPTIONS = f"{REWARDS}/redemptions"
When = Literal["before", "after"]
R = TypeVar("R", bound=Row)


@dataclass
class Fault:
    """The next so many requests of a kind fail; ``after`` they were carried out, so that only the answer is lost."""

    method: str
    path: str
    error: HelixError
    times: int = 1
    when: When = "before"


@dataclass
class NearTwitch:
    """Twitch's channel points in the test's own process. It outlives the bots that ask it."""

    clock: SettableClock
    rewards: dict[str, Json] = field(default_factory=dict[str, Json])
    foreign: set[str] = field(default_factory=set[str])
    redemptions: dict[str, Json] = field(default_factory=dict[str, Json])
    faults: list[Fault] = field(default_factory=list[Fault])
    asked: list[tuple[str, str, Any]] = field(default_factory=list[tuple[str, str, Any]])
    decided: Counter[str] = field(default_factory=Counter[str])
    """How often each redemption got an end, from whomever: never more than once."""
    chat: list[str] = field(default_factory=list[str])
    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        return rows_as(row, await self._answer("GET", path, role, None, params))

    async def first_page(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        return await self.get(path, role, row, **params)

    async def create(self, path: str, role: Role | None, row: type[R], body: Any, **params: Any) -> R:
        (made,) = rows_as(row, await self._answer("POST", path, role, body, params))
        return made

    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> None:
        await self._answer(method, path, role, body, params)

    async def _answer(self, method: str, path: str, role: Role | None, body: Any, params: Json) -> list[Json]:
        assert role == "broadcaster"
        assert params["broadcaster_id"] == STREAMER.id
        self.asked.append((method, path, body))
        if self.before is not None:
            await self.before()
        await asyncio.sleep(0)
        fault = next((f for f in self.faults if (f.method, f.path) == (method, path)), None)
        if fault is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
            if fault.when == "before":
                raise fault.error
        rows = json.loads(json.dumps(self._do(method, path, body, params)))
        if self.after is not None:
            await self.after()
        if fault is not None:
            raise fault.error
        return rows

    def _do(self, method: str, path: str, body: Any, params: Json) -> list[Json]:
        match method, path:
            case "GET", "channel_points/custom_rewards" if "id" in params:
                if params["id"] not in self.rewards:
                    raise HelixError(404, "the reward was not found")
                return [self.rewards[params["id"]]]
            case "GET", "channel_points/custom_rewards":
                assert params["only_manageable_rewards"] == "true"
                return [r for r in self.rewards.values() if r["id"] not in self.foreign]
            case "POST", "channel_points/custom_rewards":
                return [self._make(body)]
            case "PATCH", "channel_points/custom_rewards":
                return [self._change(params["id"], body)]
            case "GET", _:
                return self._find(params)
            case _:
                return [self.settle(params["id"], body["status"])]

    def _make(self, body: Json) -> Json:
        if any(r["title"] == body["title"] for r in self.rewards.values()):
            raise HelixError(400, "CREATE_CUSTOM_REWARD_DUPLICATE_REWARD")
        assert len(body["title"]) <= 45
        assert body["cost"] >= 1
        row: Json = {"id": f"reward-{next(self.numbers)}", "is_paused": False, "is_enabled": True}
        self.rewards[row["id"]] = row
        return self._change(row["id"], body)

    def _change(self, reward_id: str, body: Json) -> Json:
        if reward_id not in self.rewards:
            raise HelixError(404, "the reward was not found")
        assert reward_id not in self.foreign, "a reward that somebody else made"
        row = self.rewards[reward_id]
        fields = dict(body)
        if "is_global_cooldown_enabled" in fields:
            on = fields.pop("is_global_cooldown_enabled")
            seconds = fields.pop("global_cooldown_seconds", 0)
            row["global_cooldown_setting"] = {"is_enabled": on, "global_cooldown_seconds": seconds if on else 0}
        row.update(fields)
        return row

    def _find(self, params: Json) -> list[Json]:
        if params["reward_id"] not in self.rewards:
            raise HelixError(404, "the reward was not found")
        rows = [r for r in self.redemptions.values() if r["reward"]["id"] == params["reward_id"]]
        if "id" in params:
            return [r for r in rows if r["id"] == params["id"]]
        assert params["sort"] == "OLDEST"
        found = [r for r in rows if r["status"] == params["status"]]
        return sorted(found, key=lambda r: r["redeemed_at"])

    def settle(self, redemption_id: str, status: str) -> Json:
        """Fulfil or cancel a redemption."""
        row = self.redemptions.get(redemption_id)
        if row is None or row["status"] != "UNFULFILLED":
            raise HelixError(404, "the redemption was not found, or is not UNFULFILLED")
        row["status"] = status
        self.decided[redemption_id] += 1
        return row

    def redeem(self, who: SandboxUser, reward_id: str, user_input: str = "", *, ago: float = 0) -> Json:
        """Somebody redeems. Returns the event as EventSub sends it."""
        row: Json = {
            "id": f"redemption-{next(self.numbers)}",
            "broadcaster_user_id": STREAMER.id,
            "user_id": who.id,
            "user_login": who.login,
            "user_name": who.name,
            "user_input": user_input,
            "status": "UNFULFILLED",
            "redeemed_at": (self.clock.now() - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z"),
            "reward": {"id": reward_id, "title": "", "cost": 1, "prompt": ""},
        }
        self.redemptions[row["id"]] = row
        return row | {"status": "unfulfilled"}

    def status(self, event: Json) -> str:
        """How a redemption stands."""
        return self.redemptions[event["id"]]["status"]

    def fail(self, method: str, path: str, error: HelixError, *, times: int = 1, when: When = "before") -> None:
        """Requests of a kind fail."""
        self.faults.append(Fault(method, path, error, times, when))

    def count(self, method: str, path: str = REDEMPTIONS) -> int:
        """How often that was asked."""
        return sum((m, p) == (method, path) for m, p, _ in self.asked)
