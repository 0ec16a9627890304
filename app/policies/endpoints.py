"""Rules over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.schemas import Page, PathId
from app.kernel.versions import IfMatch
from app.policies import service
from app.policies.schemas import PolicyIn, PolicyOut
from app.policies.settings import SETTINGS

router = APIRouter(route_class=RepeatableRoute, tags=["policies"])
Key = Annotated[str, Path(max_length=40, json_schema_extra={"enum": [*SETTINGS]})]
Reader = Annotated[Actor, Allow(Action.POLICIES_READ)]
Setter = Annotated[Actor, Allow(Action.POLICIES_SET)]
# One for each setting: what a value looks like is best said by one.
_EXAMPLES: Any = {
    key: {"summary": setting.en, "value": {"value": setting.default, "locked": False}}
    for key, setting in SETTINGS.items()
}


@router.get("/institutions/{institution_id}/policies", operation_id="list_policies")
def list_policies(institution_id: PathId, session: UnitOfWork, actor: Reader) -> Page[PolicyOut]:
    """Every setting as it holds here: its value, where it comes from, who has locked it."""
    return service.list_policies(session, actor, institution_id)


@router.put("/institutions/{institution_id}/policies/{key}", operation_id="set_policy")
def set_policy(
    institution_id: PathId,
    key: Key,
    body: Annotated[PolicyIn, Body(openapi_examples=_EXAMPLES)],
    session: UnitOfWork,
    actor: Setter,
    *,
    if_match: IfMatch = None,
) -> PolicyOut:
    """Set a value for an institution and all below it; what is locked above may only be tightened."""
    return service.set_policy(session, actor, institution_id, key, body, if_match=if_match)


@router.delete("/institutions/{institution_id}/policies/{key}", operation_id="clear_policy")
def clear_policy(
    institution_id: PathId, key: Key, session: UnitOfWork, actor: Setter, if_match: IfMatch = None
) -> PolicyOut:
    """Go back to what is inherited; the answer says what holds now."""
    return service.clear_policy(session, actor, institution_id, key, if_match)
