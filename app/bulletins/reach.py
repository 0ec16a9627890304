"""Papers hang on the institution that writes them; issues are reached through the institution of who reads."""

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.bulletins.models import Bulletin

anchor(
    Anchors(
        model=Bulletin,
        read=Action.BULLETINS_WRITE,
        facts=lambda one: Facts(institution_id=one.institution_id),
        institution=Bulletin.institution_id,
    )
)
