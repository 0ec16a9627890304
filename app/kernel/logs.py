"""Structured logs, one JSON object a line, with the correlation id; never personal data."""

import logging
import sys
from traceback import extract_tb

import structlog
from asgi_correlation_id import correlation_id
from structlog.typing import EventDict, Processor, WrappedLogger


def _add_correlation_id(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    found = correlation_id.get()
    if found:
        entry["correlation_id"] = found
    return entry


def _place_of_exception(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Kind and places of an exception instead of its text: the database and Python put values into messages."""
    found = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        entry["kind"] = type(error).__name__
        entry["frames"] = [f"{one.filename}:{one.lineno}:{one.name}" for one in extract_tb(error.__traceback__)][-12:]
    return entry


def configure(level: str = "INFO") -> None:
    """Send our own and the libraries' records to standard error as JSON."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_correlation_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _place_of_exception,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # The access log would repeat every URL; the metrics and our own records say what is needed.
    logging.getLogger("uvicorn.access").disabled = True


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events are named like code: ``log.info("outbox_delivered", count=3)``."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
