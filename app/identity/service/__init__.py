"""What identity does for the floors above and for its own endpoints."""

from app.access.service import SYSTEM
from app.identity.service.accounts import (
    create_account,
    disable_account,
    enable_account,
    ensure_family_accounts,
    find_account,
    is_active,
    phone_of,
)
from app.identity.service.codes import send_code
from app.identity.service.emails import confirm_email, remove_email, send_email_code
from app.identity.service.keys import (
    LONGEST_PASS,
    forget,
    key_set,
    rotate_keys,
    sign_passes,
    sign_report,
    standing_ring,
    verify_passes,
    verify_reports,
    verifying_ring,
)
from app.identity.service.me import change_password, read_me
from app.identity.service.passwords import generate as generate_password
from app.identity.service.phones import normalise_phone
from app.identity.service.retention import purge
from app.identity.service.sessions import (
    authenticate,
    bearers,
    issue_access_token,
    list_devices,
    open_session,
    refresh,
    revoke_device,
    sign_out,
    sign_out_everywhere,
    verify,
)
from app.identity.service.sign_in import by_code, by_password, by_wechat, confirm_phone
from app.identity.service.tries import Tries, count_failure, demand_tries, tries_of
from app.identity.service.wechat import link as link_wechat
from app.identity.service.wechat import unlink as unlink_wechat
from app.identity.tokens import Claims, KeyRing, PassClaims
from app.kernel.db import Scope

PLATFORM_SCOPE = Scope(institutions=frozenset({0}))

__all__ = [
    "LONGEST_PASS",
    "PLATFORM_SCOPE",
    "SYSTEM",
    "Claims",
    "KeyRing",
    "PassClaims",
    "Tries",
    "authenticate",
    "bearers",
    "by_code",
    "by_password",
    "by_wechat",
    "change_password",
    "confirm_email",
    "confirm_phone",
    "count_failure",
    "create_account",
    "demand_tries",
    "disable_account",
    "enable_account",
    "ensure_family_accounts",
    "find_account",
    "forget",
    "generate_password",
    "is_active",
    "issue_access_token",
    "key_set",
    "link_wechat",
    "list_devices",
    "normalise_phone",
    "open_session",
    "phone_of",
    "purge",
    "read_me",
    "refresh",
    "remove_email",
    "revoke_device",
    "rotate_keys",
    "send_code",
    "send_email_code",
    "sign_out",
    "sign_out_everywhere",
    "sign_passes",
    "sign_report",
    "standing_ring",
    "tries_of",
    "unlink_wechat",
    "verify",
    "verify_passes",
    "verify_reports",
    "verifying_ring",
]
