"""Robots and deliveries hang on their institution."""

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.notifications.models import Delivery, Robot

anchor(
    Anchors(
        model=Robot,
        read=Action.ROBOTS_MANAGE,
        facts=lambda one: Facts(institution_id=one.institution_id),
        institution=Robot.institution_id,
    )
)
anchor(
    Anchors(
        model=Delivery,
        read=Action.DELIVERIES_READ,
        facts=lambda one: Facts(institution_id=one.institution_id),
        institution=Delivery.institution_id,
    )
)
