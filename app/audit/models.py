"""One chain of entries an institution; number 0 is the platform's own (sign-ins, accounts, keys)."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info

PLATFORM = 0  # chain of what belongs to no institution


class AuditEntry(Base):
    """An act. ``seq``, ``previous_hash`` and ``hash`` are filled by a trigger: the application cannot choose them.

    ``subject_id`` and ``details`` hold ids, codes and names of fields, never personal data.
    """

    __tablename__ = "audit_entry"

    institution_id: Mapped[columns.InstitutionKey]
    seq: Mapped[columns.InstitutionKey] = mapped_column(server_default="0")
    at: Mapped[columns.Moment]
    account_id: Mapped[columns.BigInt | None]
    act: Mapped[columns.Words]
    subject: Mapped[columns.Words]
    subject_id: Mapped[columns.Words]
    reason: Mapped[columns.Words | None]
    details: Mapped[columns.Document]
    correlation_id: Mapped[columns.Words | None]
    previous_hash: Mapped[columns.Bytes] = mapped_column(server_default="")
    hash: Mapped[columns.Bytes] = mapped_column(server_default="")

    __table_args__ = (
        Index("ix_audit_entry_subject", "institution_id", "subject", "subject_id", "seq"),
        {"info": info(Tenancy.TENANT, append_only=True)},
    )


class AuditEntryPerson(Base):
    """A person whom an entry over a list names in its ``details``; written by a trigger when the entry is.

    The entry is the truth and is what is hashed; this is how a person's entries are found among a school's.
    """

    __tablename__ = "audit_entry_person"

    institution_id: Mapped[columns.InstitutionKey]
    person_id: Mapped[columns.InstitutionKey]
    seq: Mapped[columns.InstitutionKey]

    __table_args__ = ({"info": info(Tenancy.TENANT, append_only=True)},)
