"""The database: one engine a process, one transaction a request, one scope a transaction.

`Scope` is what row-level security sees. It is set with ``SET LOCAL`` inside the transaction and
ends with it; outside of a scope every tenant table shows no rows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import psycopg
from fastapi import Depends
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from app.kernel import arrays, settings
from app.kernel.errors import Problem

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


_OFTEN = 3  # times, after which a connection prepares a statement


class Base(DeclarativeBase):
    """Root of all tables; ``__table_args__`` of tenant tables carry ``info={'tenancy': ...}`` (see `rls`)."""

    metadata = MetaData(naming_convention=NAMING)


@dataclass(frozen=True, slots=True)
class Scope:
    """The institutions that a transaction may touch; ids only, never from the request.

    ``institutions``: their tenant rows (personal data).  ``subtrees``: roots whose aggregates and tree,
    down to the leaves, are visible.  ``lineage``: single nodes whose name and rules are visible.
    """

    institutions: frozenset[int] = frozenset()
    subtrees: frozenset[int] = frozenset()
    lineage: frozenset[int] = frozenset()

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(
            self.institutions | other.institutions,
            self.subtrees | other.subtrees,
            self.lineage | other.lineage,
        )


def bind(session: Session, scope: Scope) -> None:
    """Set the transaction's scope.

    Statement text instead of ``set_config``: only the former is carried to shards. The ids are integers by
    construction, which is what makes writing them in safe.
    """
    values = {
        "app.institutions": _listed(scope.institutions),
        "app.subtrees": _listed(scope.subtrees),
        "app.subtree": str(int(*scope.subtrees)) if len(scope.subtrees) == 1 else "",
        "app.lineage": _listed(scope.institutions | scope.subtrees | scope.lineage),
    }
    connection, written = session.connection(), session.info.setdefault("scope_written", set())
    # What was written in the savepoint or transaction that is open now still stands; one that has ended since may have
    # taken its values with it. What has never been written by this session is empty.
    inmost = session.get_nested_transaction() or session.get_transaction()
    bound_in, bound = session.info.get("scope_bound", (None, {}))
    standing = bound if bound_in is inmost else {}
    for name, value in values.items():
        if standing.get(name) != value and (value or name in written):
            connection.exec_driver_sql(f"SET LOCAL {name} = '{value}'")
            written.add(name)
    session.info["scope_bound"] = inmost, values
    session.info["scope"] = scope


def _listed(ids: frozenset[int]) -> str:
    return f"{{{','.join(str(int(one)) for one in sorted(ids))}}}" if ids else ""


def widen(session: Session, scope: Scope) -> None:
    """Add to the transaction's scope what access has found since it was bound."""
    bound = scope_of(session)
    if bound | scope != bound:
        bind(session, bound | scope)


def scope_of(session: Session) -> Scope:
    """The scope that was bound last; the empty one before that."""
    found: Scope = session.info.get("scope", Scope())
    return found


@lru_cache(maxsize=8)
def engine_for(url: str, *, keeps_plans: bool = False) -> Engine:
    """The pooled engine of a URL.

    ``keeps_plans``: statements that come again are prepared, which does not survive a transaction pooler, and is good
    for those alone that look their rows up by keys. Short timeouts: with the database away a request must turn into a
    503 within three seconds, not hang.
    """
    # A plan that was made while the day's partition was empty would read all of it when it holds a million.
    kept = {"prepare_threshold": _OFTEN, "options": "-c enable_seqscan=off"}
    made = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=settings.current().database_pool,
        max_overflow=0,
        pool_timeout=2.5,
        hide_parameters=True,
        # After a restart of the server it is not a flush with a hundred callers that has to find out.
        pool_pre_ping=keeps_plans,
        connect_args={
            "connect_timeout": 2,
            "application_name": "lianfang",
            **(kept if keeps_plans else {"prepare_threshold": None}),
        },
    )
    event.listen(made, "connect", _meet)
    return made


def _meet(connection: psycopg.Connection[Any], record: ConnectionPoolEntry) -> None:
    """Prepare a new connection, and remember of it what kind of database answers there."""
    arrays.register(connection)
    found = connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'citus'").fetchone()
    connection.rollback()
    record.info["sharded"] = found is not None and found[0] > 0


def is_sharded(session: Session) -> bool:
    """Whether schools stand on several servers, so that locks and outer joins are for one school at a time."""
    return bool(session.connection().info.get("sharded"))


def engine(*, keeps_plans: bool = False) -> Engine:
    """The application role's engine; raises RuntimeError where no database was set up.

    ``keeps_plans`` holds as far as the server is reached directly: an address past a pooler is only set where there is
    one.
    """
    wanted = settings.current()
    if wanted.app_database_url is None:
        raise RuntimeError("LIANFANG_APP_DATABASE_URL is not set; `lianfang migrate` says what it is")
    if keeps_plans and wanted.direct_database_url is None:
        return engine_for(wanted.app_database_url, keeps_plans=True)
    return engine_for(wanted.app_database_url)


AFTER_COMMIT: list[Callable[[Session], None]] = []


def unit_of_work() -> Iterator[Session]:
    """One transaction around an endpoint: returning commits, raising rolls back, except for a `lasting` problem.

    Use it as `UnitOfWork`: with FastAPI's default scope this would run after the answer is on its way, and a commit
    that fails would still have answered 200 (decision record 1).
    """
    refusal: Problem | None = None
    with transaction() as session:
        try:
            yield session
        except Problem as problem:
            if not problem.lasting:
                raise
            refusal = problem
    if refusal is not None:
        raise refusal


@contextmanager
def transaction(scope: Scope | None = None, *, keeps_plans: bool = False) -> Iterator[Session]:
    """A transaction for commands and tasks, bound to ``scope`` if one is given; commits on leaving.

    ``keeps_plans``: for what says the same statements many times a second (see `engine`).
    """
    with Session(engine(keeps_plans=keeps_plans), expire_on_commit=False) as session:
        with session.begin():
            if scope is not None:
                bind(session, scope)
            yield session
        for call in AFTER_COMMIT:
            call(session)


@dataclass(slots=True)
class Trial:
    """Work in a savepoint; whoever sets ``undone`` before it ends has all of it taken back."""

    undone: bool = False


@contextmanager
def trial(session: Session) -> Iterator[Trial]:
    """Do what follows for real, to see what becomes of it, and keep it or not."""
    made = Trial()
    with session.begin_nested() as savepoint:
        yield made
        if made.undone:
            savepoint.rollback()


UnitOfWork = Annotated[Session, Depends(unit_of_work, scope="function")]
