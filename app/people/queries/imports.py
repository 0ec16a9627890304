"""Statements on imports and promotions."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.people.models import Promotion, RollImport


def of_institution(statement: Select[RollImport], institution_id: int) -> Select[RollImport]:
    """The imports of one school."""
    return statement.where(RollImport.institution_id == institution_id)


def promotion(session: Session, institution_id: int, school_year: int) -> Promotion | None:
    """The promotion into a school year, if it was done."""
    return session.scalars(
        select(Promotion).where(Promotion.institution_id == institution_id, Promotion.school_year == school_year)
    ).one_or_none()
