"""What identity does for the floors above and for its own endpoints."""

from app.access.service import SYSTEM
from app.identity.service.accounts import (
    create_account,
    disable_account,
    enable_account,
    ensure_family_accounts,
    find_account,
)
from app.identity.service.keys import forget, key_set, rotate_keys
from app.identity.service.passwords import generate as generate_password
from app.identity.service.phones import normalise_phone
from app.identity.service.sessions import (
    authenticate,
    issue_access_token,
    list_devices,
    open_session,
    refresh,
    revoke_device,
    sign_out,
    sign_out_everywhere,
)
from app.kernel.db import Scope

PLATFORM_SCOPE = Scope(institutions=frozenset({0}))

__all__ = [
    "PLATFORM_SCOPE",
    "SYSTEM",
    "authenticate",
    "create_account",
    "disable_account",
    "enable_account",
    "ensure_family_accounts",
    "find_account",
    "forget",
    "generate_password",
    "issue_access_token",
    "key_set",
    "list_devices",
    "normalise_phone",
    "open_session",
    "refresh",
    "revoke_device",
    "rotate_keys",
    "sign_out",
    "sign_out_everywhere",
]
