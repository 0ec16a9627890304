"""Builds the demo, step by step; each step finds what an interrupted one has left and goes on from there."""

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.access.service import SYSTEM
from app.alerts import tasks as alerts
from app.cli import database
from app.cli.demo import accounts, cast, closures, entries, gates, papers, readings, reports, sheets
from app.cli.demo.invented import SchoolPlan
from app.institutions import service as institutions
from app.kernel import clock, db, discovery
from app.kernel.db import Scope
from app.people import service as people
from app.worker import relay

DAYS = 14


def build(
    schools: Annotated[int, typer.Option(help="schools of the demo province", min=1, max=14_000)] = 60,
) -> None:
    """Fill the database with the demo province: tree, schools, people, a fortnight of readings."""
    with database.available(bulk=True):
        ensure_demo(schools, Console())


def ensure_demo(schools: int, console: Console) -> None:
    """Build the demo unless it was built here before."""
    if accounts.remembered_accounts():
        return
    discovery.import_features()
    plans = sheets.school_plans(schools)
    first_day = clock.today() - timedelta(days=DAYS - 1)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tree = progress.add_task("tree of Jiangsu", total=None)
        _import_tree(sheets.tree(plans))
        relay.drain()
        progress.update(tree, total=1, completed=1)
        cast.prepare()
        task = progress.add_task("schools, people, readings", total=len(plans))
        for serial, plan in enumerate(plans):
            _fill_school(serial, plan, first_day)
            progress.advance(task)
        told = progress.add_task("accounts and figures", total=1)
        relay.drain()  # before anybody is appointed: a fortnight's fevers would be news to all of them
        closures.order(plans[0].code)
        gates.open_gate(plans[0].code)
        appointed = cast.appoint(plans)
        relay.drain()
        entries.ask(appointed)
        relay.drain()
        _remind()
        reports.file(plans)
        relay.drain()
        papers.publish(appointed)
        relay.drain()
        accounts.remember(appointed)
        progress.advance(told)


def _remind() -> None:
    """Have everybody reminded of what is owed today, as the worker would have by now."""
    for _ in alerts.remind_day(clock.today(), dry_run=False):
        relay.drain()


def _import_tree(content: bytes) -> None:
    with db.transaction() as session:
        institutions.scope_to_code(session, None)
        outcome = institutions.import_sheet(session, SYSTEM, None, io.BytesIO(content), "tree.csv")
    _demand_clean("tree", outcome.failed)


def _fill_school(serial: int, plan: SchoolPlan, first_day: date) -> None:
    with db.transaction() as session:
        institution_id = institutions.scope_to_code(session, plan.code)
        if institution_id is None:
            raise RuntimeError(f"the demo's school {plan.code} is missing")
    scope = Scope(frozenset({institution_id}), frozenset({institution_id}))
    with db.transaction(scope) as session:
        institutions.widen_to_ancestors(session, institution_id)
        for kind, content in (("students", sheets.students(serial, plan)), ("staff", sheets.staff(serial, plan))):
            outcome = people.import_roll(
                session,
                SYSTEM,
                institution_id,
                io.BytesIO(content),
                f"{kind}.csv",
                kind=kind,
                mode="all_or_nothing",
                create_units=True,
                effective_on=first_day,
            )
            _demand_clean(kind, outcome.failed)
        cast.answer_for_units(session, institution_id, serial)
        closures.lay_out(session, institution_id)
    readings.fill(institution_id, scope, serial, first_day)


def _demand_clean(what: str, failed: int) -> None:
    if failed:
        raise RuntimeError(f"{failed} rows of the demo's {what} were refused: {Path(__file__).name}")
