"""One reading of one person; imports of many."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Uuid, and_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info
from app.kernel.sheet_errors import ImportMode
from app.people.models import Person


class Slot(StrEnum):
    """Morning 晨检, noon 午检, evening 晚检."""

    MORNING = "morning"
    NOON = "noon"
    EVENING = "evening"


class Source(StrEnum):
    """Who measured, or typed it in."""

    GUARDIAN = "guardian"
    SELF = "self"
    TEACHER = "teacher"
    DOCTOR = "doctor"
    GATE = "gate"
    IMPORT = "import"


class Site(StrEnum):
    """Where it was measured; the fever threshold may differ by site."""

    ARMPIT = "armpit"
    FOREHEAD = "forehead"
    EAR = "ear"
    MOUTH = "mouth"


class NotMeasured(StrEnum):
    """Why there is no temperature; an honest answer that a teacher follows up."""

    NO_THERMOMETER = "no_thermometer"
    BROKEN = "broken"
    AWAY = "away"
    REFUSED = "refused"
    OTHER = "other"


class HealthStatus(StrEnum):
    """What follows from a reading, and, as the most severe of a day's standing readings, from a day."""

    NORMAL = "normal"
    ATTENTION = "attention"
    FEVER = "fever"


# One byte a word: these stand twelve million times a day.
SLOT = columns.Coded({Slot.MORNING: "M", Slot.NOON: "N", Slot.EVENING: "E"})
SOURCE = columns.Coded(
    {
        Source.GUARDIAN: "G",
        Source.SELF: "S",
        Source.TEACHER: "T",
        Source.DOCTOR: "D",
        Source.GATE: "E",  # entrance
        Source.IMPORT: "I",
    }
)
STATUS = columns.Coded({HealthStatus.NORMAL: "N", HealthStatus.ATTENTION: "A", HealthStatus.FEVER: "F"})
SITE = columns.Coded({Site.ARMPIT: "A", Site.FOREHEAD: "F", Site.EAR: "E", Site.MOUTH: "M"})
NOT_MEASURED = columns.Coded(
    {
        NotMeasured.NO_THERMOMETER: "N",
        NotMeasured.BROKEN: "B",
        NotMeasured.AWAY: "A",
        NotMeasured.REFUSED: "R",
        NotMeasured.OTHER: "O",
    }
)


class CheckIn(Base):
    """A reading. ``id`` is named by the client, so that sending twice lands once.

    ``temperature`` is in tenths of a degree Celsius, NULL when not measured (with a reason). ``symptoms`` is a bit mask
    in the order of `checkins.forms.SYMPTOMS`. A corrected reading stays, with ``replaced_by`` set; the standing
    ones are those where it is NULL. ``day`` and ``slot`` are the server's decision. ``counted``: the person owed a
    reading that day, so that what is reported never exceeds what is due; household members count in figures of their
    own. ``implausible`` is judged at night (`checkins.service.flag_runs`), never while the reading lands.

    One partition a day, and one index on the way in: decision record 22. Every statement names the days that it wants.
    The columns stand in the order of their widths, so that no byte goes into padding; what is rare is NULL.
    """

    __tablename__ = "checkin"

    institution_id: Mapped[columns.InstitutionKey]
    person_id: Mapped[columns.InstitutionKey]
    unit_id: Mapped[columns.BigInt]
    taken_at: Mapped[columns.Moment]
    received_at: Mapped[columns.Moment]
    id: Mapped[columns.UuidKey]
    recorded_by: Mapped[columns.BigInt | None]
    day: Mapped[columns.DayKey]
    symptoms: Mapped[int] = mapped_column(columns.SparseBits, nullable=True)
    temperature: Mapped[columns.Small | None]
    form_version: Mapped[columns.Small]
    slot: Mapped[Slot] = mapped_column(SLOT)
    source: Mapped[Source] = mapped_column(SOURCE)
    status: Mapped[HealthStatus] = mapped_column(STATUS)
    household: Mapped[bool]
    counted: Mapped[bool]
    late: Mapped[bool]
    skewed: Mapped[bool]
    implausible: Mapped[bool]
    site: Mapped[Site | None] = mapped_column(SITE)
    not_measured_reason: Mapped[NotMeasured | None] = mapped_column(NOT_MEASURED)
    answers: Mapped[dict[str, object]] = mapped_column(columns.SparseDocument, nullable=True)
    replaces: Mapped[UUID | None] = mapped_column(Uuid)
    replaced_by: Mapped[UUID | None] = mapped_column(Uuid)
    correction_reason: Mapped[columns.Words | None]

    # Without a foreign key, which would lock each person's row and make up more than half of what a reading costs the
    # database (decision record 22). The statement that finds the person has found it; nobody may delete one.
    person: Mapped[Person] = relationship(
        primaryjoin=lambda: and_(
            foreign(CheckIn.institution_id) == Person.institution_id, foreign(CheckIn.person_id) == Person.id
        ),
        viewonly=True,
    )

    __table_args__ = (
        PrimaryKeyConstraint("institution_id", "day", "person_id", "id"),
        CheckConstraint("(temperature IS NULL) = (not_measured_reason IS NOT NULL)", name="measured_or_why_not"),
        CheckConstraint("temperature BETWEEN 340 AND 430", name="possible_temperature"),
        CheckConstraint("(replaces IS NULL) = (correction_reason IS NULL)", name="correction_has_reason"),
        SLOT.check("slot"),
        SOURCE.check("source"),
        STATUS.check("status"),
        SITE.check("site"),
        NOT_MEASURED.check("not_measured_reason"),
        Index(
            "uq_checkin_replaces",
            "institution_id",
            "day",
            "person_id",
            "replaces",
            unique=True,
            postgresql_where=text("replaces IS NOT NULL"),
        ),
        {"info": info(Tenancy.TENANT), "postgresql_partition_by": "RANGE (day)"},
    )


class ImportState(StrEnum):
    """An import is worked on until it is done, is cancelled or fails before; what has landed by then stays."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ImportFailure(StrEnum):
    """Why an import went no further: its sender was shut out, or the worker has tried in vain."""

    SENDER_DISABLED = "sender_disabled"
    GIVEN_UP = "given_up"


class CheckInImport(Base):
    """A sheet of readings, of a school or (``unit_id``) of one class of it; errors name rows and columns, never values.

    ``done`` counts the rows of which it is certain what became of them. ``imported_at`` is when the sheet was received,
    and so each of its readings.
    """

    __tablename__ = "checkin_import"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    unit_id: Mapped[columns.BigInt | None]
    mode: Mapped[ImportMode] = mapped_column(columns.choice(ImportMode))
    dry_run: Mapped[bool]
    state: Mapped[ImportState] = mapped_column(columns.choice(ImportState))
    failure: Mapped[ImportFailure | None] = mapped_column(columns.choice(ImportFailure))
    rows: Mapped[int]
    done: Mapped[int]
    accepted: Mapped[int]
    duplicate: Mapped[int]
    failed: Mapped[int]
    errors: Mapped[list[dict[str, object]]] = mapped_column(JSONB)
    imported_by: Mapped[columns.BigInt | None]
    imported_at: Mapped[columns.Moment]
    finished_at: Mapped[columns.Moment | None]

    __table_args__ = (
        CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="finished_at_a_moment"),
        CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failed_for_a_reason"),
        {"info": info(Tenancy.TENANT)},
    )


class ImportChunk(Base):
    """Readings of an import that wait for the worker, encrypted; deleted as they land, or with the cancellation."""

    __tablename__ = "checkin_import_chunk"

    institution_id: Mapped[columns.InstitutionKey]
    import_id: Mapped[columns.InstitutionKey]
    number: Mapped[columns.Small] = mapped_column(primary_key=True)
    readings_cipher: Mapped[columns.Bytes]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "import_id"], ["checkin_import.institution_id", "checkin_import.id"], ondelete="CASCADE"
        ),
        {"info": info(Tenancy.TENANT)},
    )
