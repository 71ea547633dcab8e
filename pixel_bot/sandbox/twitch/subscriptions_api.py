"""The double's Helix endpoints of EventSub subscriptions: create, list, delete, authorised by a user's token."""

from collections.abc import Mapping
from typing import Any, cast

from starlette.responses import Response

from pixel_bot.sandbox.twitch.calls import Call, Handlers, Refusal, listed
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.eventsub import session_of
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.subscription_types import KINDS, Kind
from pixel_bot.sandbox.twitch.users import SandboxUser

MOST_SOCKETS = 3
MOST_ON_A_SOCKET = 300
MOST_COST = 10
PAGE = 100


class Subscribing:
    """Event subscriptions over HTTP."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch
        self._users = twitch.users

    def handlers(self) -> Handlers:
        """By method and path."""
        path = "eventsub/subscriptions"
        return {("GET", path): self._list, ("POST", path): self._make, ("DELETE", path): self._delete}

    async def _list(self, call: Call) -> Response:
        filters = {name: call.one(name) for name in ("status", "type", "user_id", "subscription_id") if call.one(name)}
        if len(filters) > 1:
            raise Refusal(400, "The query parameters status, type, user_id and subscription_id are exclusive.")
        standing = self._twitch.of(call.signed_by().id)
        found = [s for s in standing if all(_fits(s, name, value) for name, value in filters.items())]
        rows, pagination = call.page(found, PAGE)
        return listed(rows, pagination, **self._totals(standing))

    async def _make(self, call: Call) -> Response:
        body = call.fields()
        user = call.user
        transport = _object(body.get("transport"))
        if user is None or transport.get("method") != "websocket":
            raise Refusal(400, "invalid transport and auth combination")
        kind, condition = self._kind(body)
        session_id = str(transport.get("session_id", ""))
        if session_id not in self._twitch.sessions:
            raise Refusal(400, "websocket transport session does not exist or has already disconnected")
        self._check_authorization(call, user, kind, condition)
        cost = self._cost(condition)
        self._check_limits(user.id, session_id, cost)
        name = str(body["type"])
        made = self._twitch.subscribe(name, kind.version, condition, session_id, user.id, cost)
        if made is None:
            equal = self._twitch.equal(name, condition, user.id)
            if len(equal) > 1 and session_id not in map(session_of, equal):
                raise Refusal(429, "number of equal subscriptions limit exceeded")
            raise Refusal(409, "subscription already exists")
        return listed([made], status=202, **self._totals(self._twitch.of(user.id)))

    async def _delete(self, call: Call) -> Response:
        wanted, user = call.required("id"), call.signed_by()
        if wanted not in {s["id"] for s in self._twitch.of(user.id)}:
            raise Refusal(404, "subscription not found")
        self._twitch.drop(wanted)
        return Response(status_code=204)

    def _kind(self, body: Mapping[str, Any]) -> tuple[Kind, Json]:
        kind = KINDS.get(str(body.get("type")))
        if kind is None or body.get("version") != kind.version:
            raise Refusal(400, "invalid subscription type and version")
        condition = _object(body.get("condition"))
        if not all(isinstance(value, str) for value in condition.values()) or not kind.fits(condition):
            raise Refusal(400, "invalid condition")
        # TwitchIO names all fields of a condition that has a choice; Twitch takes the empty ones for missing.
        return kind, {name: value for name, value in condition.items() if value}

    def _check_authorization(self, call: Call, user: SandboxUser, kind: Kind, condition: Json) -> None:
        signer = condition.get(kind.signer, user.id)
        granted = not kind.scopes or bool(set(kind.scopes) & set(call.scopes))
        if signer != user.id or not granted or (kind.mod and not self._users.moderates(user.id)):
            raise Refusal(403, "subscription missing proper authorization")

    def _check_limits(self, user_id: str, session_id: str, cost: int) -> None:
        owners = {self._twitch.owners.get(key) for key, s in self._all() if session_of(s) == session_id}
        if owners - {user_id}:
            raise Refusal(400, "websocket transport cannot have subscriptions created by different users")
        mine = self._twitch.of(user_id)
        if len({session_id, *map(session_of, mine)}) > MOST_SOCKETS:
            raise Refusal(429, "number of websocket transports limit exceeded")
        if sum(session_of(s) == session_id for s in mine) >= MOST_ON_A_SOCKET:
            raise Refusal(429, "number of subscriptions on a websocket transport exceeded")
        if cost + sum(s["cost"] for s in mine) > MOST_COST:
            raise Refusal(429, "subscription cost exceeded")

    def _all(self) -> list[tuple[str, Json]]:
        return list(self._twitch.subscriptions.items())

    def _cost(self, condition: Json) -> int:
        """Nothing where one of those whom it is about has signed in here."""
        return 0 if any(self._users.trusts(value) for value in condition.values()) else 1

    def _totals(self, standing: list[Json]) -> Json:
        cost = sum(s["cost"] for s in standing)
        return {"total": len(standing), "total_cost": cost, "max_total_cost": MOST_COST}


def _fits(subscription: Json, name: str, value: str) -> bool:
    if name == "user_id":
        return value in subscription["condition"].values()
    return subscription["id" if name == "subscription_id" else name] == value


def _object(value: object) -> Json:
    """An object of the body.

    Raises:
        Refusal: 400, it is something else.
    """
    if not isinstance(value, dict):
        raise Refusal(400, "The request body is not valid.")
    return cast(Json, value)
