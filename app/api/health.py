"""What machines ask: is the process alive, can it serve, what does it count."""

from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from app.kernel import db, migrations
from app.kernel.errors import Unavailable
from app.kernel.schemas import Schema

router = APIRouter(tags=["operation"])
_OPEN = {"x-open": True}


class Health(Schema):
    """``ok`` and nothing else: the answer is public."""

    status: str


@router.get("/healthz", operation_id="check_health", openapi_extra=_OPEN)
def check_health() -> Health:
    """The process answers; says nothing of the database, so that a database away does not restart every process."""
    return Health(status="ok")


@router.get("/readyz", operation_id="check_readiness", openapi_extra=_OPEN)
def check_readiness() -> Health:
    """The database answers and has the schema that this program needs."""
    if not migrations.served_by(db.engine()):
        raise Unavailable
    return Health(status="ok")


def expose_metrics(app: FastAPI, registry: CollectorRegistry) -> None:
    """Serve the application's and the process's counters for Prometheus; never labelled with ids."""

    @app.get("/metrics", include_in_schema=False)
    def read_metrics() -> Response:
        return Response(generate_latest(registry) + generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
