"""Accounts and devices belong to whom they are signed in by, wherever else that person holds roles."""

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.identity.models import Account, Device

anchor(
    Anchors(
        model=Account,
        read=Action.ACCOUNT_USE,
        facts=lambda account: Facts(account_id=account.id),
        account=Account.id,
    )
)
anchor(
    Anchors(
        model=Device,
        read=Action.ACCOUNT_USE,
        facts=lambda device: Facts(account_id=device.account_id),
        account=Device.account_id,
    )
)
