"""A setting in words: what holds, who has set it and when, what is locked, what a value looks like."""

from collections.abc import Sequence

from app.institutions.models import Institution
from app.kernel.language import pick
from app.policies.schemas import PolicyOut, PolicySourceOut
from app.policies.service.inheriting import Effective


def told(found: Effective, lineage: Sequence[Institution]) -> PolicyOut:
    """A setting as it is answered, with the institutions of its lineage that have set and locked it."""
    nodes = {one.id: one for one in lineage}

    def source(institution_id: int | None) -> PolicySourceOut | None:
        row = next((one.row for one in found.said if one.institution_id == institution_id), None)
        if row is None:
            return None
        node = nodes[row.institution_id]
        return PolicySourceOut(institution_id=node.id, name=node.name, kind=node.kind, set_at=row.set_at)

    setting, own = found.setting, found.own
    return PolicyOut(
        key=setting.key,
        title=pick(setting.zh, setting.en),
        value=found.value,
        source=source(found.source),
        locked_by=source(found.locked_by),
        bound=found.bound,
        tighter=pick(setting.order.zh, setting.order.en),
        default=setting.default,
        shape=setting.schema,
        own_value=own.value if own else None,
        locked=own.locked if own else False,
        set_at=own.set_at if own else None,
        version=own.version if own else 0,
    )
