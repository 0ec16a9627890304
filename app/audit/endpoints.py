"""Reading the trail of an institution."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.audit import service
from app.audit.schemas import AuditEntryOut
from app.kernel.db import UnitOfWork
from app.kernel.paging import Paging
from app.kernel.schemas import BIGGEST_ID, Code, Page, PathId

router = APIRouter(tags=["audit"])


@router.get("/institutions/{institution_id}/audit-entries", operation_id="list_audit_entries")
def list_audit_entries(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Annotated[Actor, Allow(Action.AUDIT_READ)],
    page: Paging,
    *,
    subject: Annotated[Code | None, Query(description="kind of thing, as `person`")] = None,
    subject_id: Annotated[Code | None, Query(description="id of the thing")] = None,
    act: Annotated[Code | None, Query(description="as `people.unmask`")] = None,
    account_id: Annotated[int | None, Query(ge=1, le=BIGGEST_ID, description="who acted")] = None,
) -> Page[AuditEntryOut]:
    """Acts, and looks at personal data, in the order in which they were chained."""
    filters = {"subject": subject, "subject_id": subject_id, "act": act, "account_id": account_id}
    return service.list_entries(session, actor, institution_id, filters, page)
