"""The FastAPI application."""

import importlib
from typing import Any

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator
from starlette_compress import CompressMiddleware

from app.api import document, health, problems, web
from app.api.middleware import BodyGuard, EntityTags, SpeakLanguage
from app.api.peak import CheckInPeak
from app.identity import service as identity
from app.kernel import discovery, logs, settings
from app.kernel.schemas import ProblemOut

DESCRIPTION = """
Joint epidemic prevention for the schools of a province (联防).

Errors are `application/problem+json` (RFC 9457) with a stable `code` and a `detail` in the language of
`Accept-Language` (zh-CN by default, en). Times are RFC 3339 with offset; days are Shanghai's. Temperatures are °C
with one decimal.
"""

# What any operation may answer, so that clients generate one error type.
_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemOut, "description": text}
    for status, text in {
        400: "the body or a parameter cannot be read",
        401: "not signed in",
        403: "the role does not allow it",
        404: "not there, or not for this caller",
        409: "the state does not allow it",
        412: "an older version was changed",
        413: "the body is too large",
        415: "the body is neither JSON nor, where a file is wanted, multipart/form-data",
        422: "a rule is broken; `errors` say where",
        429: "too many tries",
        503: "away for a moment; see Retry-After",
    }.items()
}


def create_app() -> FastAPI:
    """The whole service, without starting anything."""
    discovery.import_features()
    logs.configure(settings.current().log_level)
    app = FastAPI(
        title="Lianfang",
        version="0.1.0",
        description=DESCRIPTION,
        openapi_url="/openapi.json",
        # A redirect would repeat the host that the caller has named, and send a body to an address that is not there.
        redirect_slashes=False,
        responses=_RESPONSES,
        # What is measured is at /metrics; these ask the environment anew for each request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.authenticate = identity.authenticate
    for name in discovery.with_endpoints():
        module = importlib.import_module(f"app.{name}.endpoints")
        app.include_router(module.router, prefix="/api/v1")
        if hasattr(module, "wellknown_router"):
            app.include_router(module.wellknown_router)
    app.include_router(health.router)
    problems.install(app)
    document.install(app)
    _add_middleware(app)
    web.install(app, settings.current().web_folder)
    return app


def _add_middleware(app: FastAPI) -> None:
    # The last one added is the outermost. All are plain ASGI: BaseHTTPMiddleware doubles the cost of a check-in.
    limits = settings.current()
    app.add_middleware(EntityTags)
    app.add_middleware(CompressMiddleware, minimum_size=1024)
    app.add_middleware(BodyGuard, limit=limits.body_limit_bytes, upload_limit=limits.upload_limit_bytes)
    registry = CollectorRegistry()
    Instrumentator(registry=registry, excluded_handlers=["/metrics", "/healthz", "/readyz"]).instrument(app)
    health.expose_metrics(app, registry)
    app.add_middleware(CheckInPeak, limit=limits.body_limit_bytes)
    app.add_middleware(SpeakLanguage)
    app.add_middleware(CorrelationIdMiddleware)
