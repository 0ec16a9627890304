"""What endpoints, listeners and the floors above ask of passes and the gate."""

from app.gates.schemas.events import GateEventIn, GateEventsIn
from app.gates.schemas.passes import Holder, PassOut
from app.gates.service.deciding import masked
from app.gates.service.gate import inside_figures, list_events, list_insiders, read_kit, recount
from app.gates.service.landing import submit_events
from app.gates.service.overstaying import look as look_for_overstay
from app.gates.service.passes import (
    issue,
    list_my_passes,
    list_passes,
    passes_of,
    revocations,
    revoke_of,
    revoke_pass,
)
from app.gates.service.printing import print_own_pass, print_pass, qr_code
from app.gates.service.purging import purge
from app.gates.service.relocating import relocate
from app.gates.service.walkups import register_walk_up

__all__ = [
    "GateEventIn",
    "GateEventsIn",
    "Holder",
    "PassOut",
    "inside_figures",
    "issue",
    "list_events",
    "list_insiders",
    "list_my_passes",
    "list_passes",
    "look_for_overstay",
    "masked",
    "passes_of",
    "print_own_pass",
    "print_pass",
    "purge",
    "qr_code",
    "read_kit",
    "recount",
    "register_walk_up",
    "relocate",
    "revocations",
    "revoke_of",
    "revoke_pass",
    "submit_events",
]
