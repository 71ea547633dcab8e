"""``/backups``, ``/audit`` and ``/tokens``: what is kept, who did what, and who may."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select

from pixel_bot.api.caller import Calling, State, begin, need
from pixel_bot.api.errors import ApiError
from pixel_bot.api.paging import MOST, PAGE, Page, cursor, place
from pixel_bot.api.repeats import OnceRoute
from pixel_bot.api.values import AuditOut, BackupOut, TokenOut
from pixel_bot.db.models import Change
from pixel_bot.db.models_audit import AuditRow
from pixel_bot.web.access.scopes import SCOPES

router = APIRouter(route_class=OnceRoute)


class TokenIn(BaseModel):
    """A token to be made. Without scopes it may do all that its maker may."""

    name: str = Field(min_length=1, max_length=64)
    scopes: list[str] = []


class TokenMade(BaseModel):
    """A new token. It is shown this once."""

    name: str
    token: str


@router.get("/backups", tags=["keeping"], **need("keeping:view"))
async def list_backups(state: State) -> dict[str, list[BackupOut]]:
    """The backups that there are, newest first."""
    kept = await state.services.backups.kept()
    return {"items": [BackupOut(name=one.path.name, size=size, made_at=one.made_at) for one, size in kept]}


@router.post("/backups", tags=["keeping"], **need("keeping:manage"))
async def make_backup(state: State, caller: Calling) -> BackupOut:
    """Make one now, and verify it."""
    begin(caller, state, "keeping", "backup")
    made = await state.services.backups.make_and_log()
    return BackupOut(name=made.path.name, size=made.size, made_at=state.services.clock.now())


@router.get("/audit", tags=["audit"], **need("audit:view"))
async def list_audit(
    state: State,
    after: str = "",
    actor: str = "",
    area: str = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[AuditOut]:
    """What people with rights did, newest first."""
    active = Change.undone_at.is_(None) & Change.id.is_not(None)
    query = select(AuditRow, active.label("undoable")).outerjoin(Change, Change.id == AuditRow.change_id)
    if after:
        query = query.where(AuditRow.id < place(after, int)[0])
    if actor:
        query = query.where(AuditRow.actor == actor)
    if area:
        query = query.where(AuditRow.area == area)
    async with state.services.database.readers() as session:
        rows = (await session.execute(query.order_by(AuditRow.id.desc()).limit(limit + 1))).all()
    items = [_audited(row, undoable=bool(undoable)) for row, undoable in rows[:limit]]
    return Page(items=items, next=cursor(items[-1].id) if len(rows) > limit else None)


@router.get("/tokens", tags=["people"], **need("people:view"))
async def list_tokens(state: State) -> dict[str, list[TokenOut]]:
    """The tokens of scripts, without what they are."""
    found = await state.access.tokens.all()
    return {
        "items": [
            TokenOut(name=one.name, scopes=one.scopes, created_at=one.created_at, used_at=one.used_at) for one in found
        ]
    }


@router.post("/tokens", tags=["people"], status_code=201, **need("people:manage"))
async def make_token(state: State, caller: Calling, body: TokenIn) -> TokenMade:
    """Make a token. Nobody makes one that may do more than themselves."""
    if unknown := sorted(set(body.scopes) - SCOPES):
        raise ApiError(422, "unknown-scope", f"There is no scope {unknown[0][:60]}.")
    wanted = body.scopes or sorted(caller.principal.scopes)
    for scope in wanted:
        if scope != "*":
            caller.principal.require(scope)
    begin(caller, state, "people", "token make", body.name)
    token = await state.access.tokens.make(body.name, [] if wanted == ["*"] else wanted)
    return TokenMade(name=body.name, token=token)


@router.delete("/tokens/{name}", tags=["people"], status_code=204, **need("people:manage"))
async def revoke_token(state: State, caller: Calling, name: str) -> None:
    """Make a token worthless, from the next request on."""
    begin(caller, state, "people", "token revoke", name)
    await state.access.tokens.revoke(name)


def _audited(row: AuditRow, *, undoable: bool) -> AuditOut:
    return AuditOut(
        id=row.id,
        at=row.at,
        actor=row.actor,
        via=row.via,
        area=row.area,
        action=row.action,
        target=row.target,
        before=row.before_json,
        after=row.after_json,
        change=row.change_id,
        undoable=undoable,
    )
