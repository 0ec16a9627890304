"""Passes and events hang on their school; a pass, besides, on the account that shows it."""

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.gates.models import EntryPass, GateEvent

anchor(
    Anchors(
        model=EntryPass,
        read=Action.PASSES_READ,
        facts=lambda one: Facts(institution_id=one.institution_id, account_id=one.account_id),
        institution=EntryPass.institution_id,
        account=EntryPass.account_id,
    )
)
anchor(
    Anchors(
        model=GateEvent,
        read=Action.GATE_READ,
        facts=lambda one: Facts(institution_id=one.institution_id),
        institution=GateEvent.institution_id,
    )
)
