"""Every error as ``application/problem+json``: ours, the framework's, the database's."""

import re
import traceback
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg import errors as pg
from psycopg.errors import Diagnostic
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.api.operations import methods_of
from app.kernel import logs
from app.kernel.errors import (
    CONSTRAINTS,
    Internal,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    Unavailable,
    UnsupportedFormat,
)
from app.kernel.validation import field_errors

log = logs.get(__name__)


class MethodNotAllowed(Problem):
    """The path is there, the method is not."""

    status = 405
    code = "method_not_allowed"
    zh = "此地址不支持该操作。"
    en = "This address does not take that method."


def response_for(problem: Problem) -> Response:
    """The answer that a problem becomes, in the language of the request at hand."""
    return JSONResponse(
        problem.document(),
        status_code=problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


def from_validation(error: RequestValidationError) -> Problem:
    """`Malformed` where the body is no JSON at all, else `Invalid` with the places."""
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return Malformed()
    return Invalid(errors=field_errors(error.errors()))


_CLASHES = (pg.DeadlockDetected, pg.SerializationFailure, pg.LockNotAvailable, pg.QueryCanceled)


def from_database(error: DBAPIError) -> Problem:
    """What a database error means to the caller; anything unforeseen is `Internal` and logged with its trace."""
    cause = error.orig
    if isinstance(cause, pg.IntegrityError):
        return CONSTRAINTS.problem_for(_constraint(cause.diag))
    if isinstance(cause, _CLASHES):
        return Unavailable(seconds=1)
    if is_outage(error):
        return Unavailable()
    if isinstance(cause, pg.InsufficientPrivilege):
        # Row-level security has caught what access let through: a defect, but nothing to tell an outsider.
        _log_defect("row_level_security_refused", error)
        return NotFound()
    if isinstance(cause, pg.DataError):
        _log_defect("data_error_reached_database", error)
        return Invalid()
    _log_defect("database_error", error)
    return Internal()


def _constraint(diagnosis: Diagnostic) -> str | None:
    # An error that comes from a shard names its constraint in the message only.
    named = re.search(r'constraint "([^"]+)"', diagnosis.message_primary or "")
    return diagnosis.constraint_name or (named[1] if named else None)


def _log_defect(name: str, error: Exception) -> None:
    # The places and the kind, not the message: the database and Python put values into it, and values are personal.
    frames = [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    log.error(name, kind=type(error).__name__, sqlstate=state, frames=frames[-12:])


def is_outage(error: Exception) -> bool:
    """Whether the database is away: what failed by it would fail again at once."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError) or isinstance(error.orig, _CLASHES):
        return False
    return error.connection_invalidated or isinstance(error.orig, pg.OperationalError | pg.InterfaceError)


def problem_of(error: Exception) -> Problem:
    """What an exception of a service means to its caller; the unforeseen is `Internal` and logged with its trace."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, PoolTimeoutError):
        return Unavailable()
    if isinstance(error, DBAPIError):
        return from_database(error)
    _log_defect("unforeseen", error)
    return Internal()


def from_http(request: Request, error: HTTPException) -> Problem:
    """The framework's own refusals; ``Allow`` names the methods of all routes of the path, not of the first alone."""
    by_status: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed, 415: UnsupportedFormat}
    problem = by_status.get(error.status_code, Malformed)()
    problem.headers.update(error.headers or {})
    if isinstance(problem, MethodNotAllowed):
        problem.headers["Allow"] = ", ".join(methods_of(request.app, request.url.path))
    return problem


def install(app: FastAPI) -> None:
    """Register the handlers."""
    handlers: dict[type[Exception], Any] = {
        RequestValidationError: lambda _request, error: response_for(from_validation(error)),
        HTTPException: lambda request, error: response_for(from_http(request, error)),
        **dict.fromkeys(
            (Problem, DBAPIError, PoolTimeoutError, Exception), lambda _request, error: response_for(problem_of(error))
        ),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
