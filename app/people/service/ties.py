"""Whether an account stands behind a person: what those who decide on persons must not do for themselves."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.identity import service as identity
from app.people.queries import ties as queries
from app.people.service import values


def is_tied(
    session: Session,
    institution_id: int,
    account_id: int,
    *,
    person_ids: Collection[int],
    identities: Collection[bytes] = (),
    phones: Collection[bytes] = (),
) -> bool:
    """Whether an account is one of some people or answers for one of them, as far as it can be known.

    ``identities`` and ``phones`` are fingerprints of those who stand on no roll.
    """
    phone = identity.phone_of(session, account_id)
    fingerprint = values.fingerprint_phone(phone) if phone else None
    if fingerprint is not None and fingerprint in phones:
        return True
    return queries.is_tied(
        session, institution_id, account_id, fingerprint, person_ids=person_ids, identities=identities
    )


def by_identity(session: Session, institution_id: int, identities: Collection[bytes]) -> dict[bytes, int]:
    """Those on a school's roll who have these identity numbers: fingerprint -> person id."""
    return queries.by_identity(session, institution_id, identities) if identities else {}
