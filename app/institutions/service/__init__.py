"""What the floors above, the commands and the endpoints ask of the tree."""

from app.institutions.service.accounts import disable_account, enable_account
from app.institutions.service.importing import import_sheet
from app.institutions.service.members import (
    add_member,
    end_members,
    list_members,
    name_member,
    remove_member,
    require_role_fits,
)
from app.institutions.service.moving import apply_due_placements, cancel_move, close, merge, move
from app.institutions.service.opening import change, create
from app.institutions.service.reading import (
    lineages,
    list_ancestors,
    list_divisions,
    list_institutions,
    list_placements,
    read_institution,
    root_ids,
    scope_to_all,
    scope_to_code,
    widen_to_ancestors,
)
from app.institutions.service.sheet import COLUMNS as IMPORT_COLUMNS
from app.institutions.service.units import (
    STAFF_ROLES,
    change_unit,
    close_unit,
    coverage,
    create_unit,
    list_units,
    read_unit,
    register_occupants,
    school_units,
    set_responsible,
)

__all__ = [
    "IMPORT_COLUMNS",
    "STAFF_ROLES",
    "add_member",
    "apply_due_placements",
    "cancel_move",
    "change",
    "change_unit",
    "close",
    "close_unit",
    "coverage",
    "create",
    "create_unit",
    "disable_account",
    "enable_account",
    "end_members",
    "import_sheet",
    "lineages",
    "list_ancestors",
    "list_divisions",
    "list_institutions",
    "list_members",
    "list_placements",
    "list_units",
    "merge",
    "move",
    "name_member",
    "read_institution",
    "read_unit",
    "register_occupants",
    "remove_member",
    "require_role_fits",
    "root_ids",
    "school_units",
    "scope_to_all",
    "scope_to_code",
    "set_responsible",
    "widen_to_ancestors",
]
