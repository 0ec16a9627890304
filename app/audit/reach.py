"""An entry belongs to an institution, and to nobody inside it."""

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.audit.models import AuditEntry

anchor(
    Anchors(
        model=AuditEntry,
        read=Action.AUDIT_READ,
        facts=lambda entry: Facts(institution_id=entry.institution_id),
        institution=AuditEntry.institution_id,
    )
)
