"""Statements on imports."""

from collections.abc import Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.checkins.models import CheckInImport, ImportChunk
from app.kernel.bulk import insert_rows


def of_institution(statement: Select[CheckInImport], institution_id: int) -> Select[CheckInImport]:
    """The imports of one school."""
    return statement.where(CheckInImport.institution_id == institution_id)


def locked(session: Session, institution_id: int, import_id: int) -> CheckInImport | None:
    """An import, as it stands once nobody else works on it."""
    return session.scalars(
        select(CheckInImport)
        .where(CheckInImport.institution_id == institution_id, CheckInImport.id == import_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def add_chunks(session: Session, job: CheckInImport, ciphers: Sequence[bytes]) -> None:
    """Keep what waits, in its order."""
    rows = [
        {
            "institution_id": job.institution_id,
            "import_id": job.id,
            "number": number,
            "readings_cipher": cipher,
        }
        for number, cipher in enumerate(ciphers)
    ]
    insert_rows(session, ImportChunk, rows)


def first_chunks(session: Session, job: CheckInImport, limit: int | None) -> Sequence[ImportChunk]:
    """The chunks that come next."""
    return session.scalars(
        select(ImportChunk)
        .where(ImportChunk.institution_id == job.institution_id, ImportChunk.import_id == job.id)
        .order_by(ImportChunk.number)
        .limit(limit)
    ).all()


def drop_chunks(session: Session, job: CheckInImport, numbers: Sequence[int] | None = None) -> None:
    """Forget chunks that have landed, or all of an import."""
    statement = delete(ImportChunk).where(
        ImportChunk.institution_id == job.institution_id, ImportChunk.import_id == job.id
    )
    if numbers is not None:
        statement = statement.where(ImportChunk.number.in_(numbers))
    session.execute(statement.execution_options(synchronize_session=False))
