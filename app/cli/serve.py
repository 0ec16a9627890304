"""`lianfang serve`: the API as a process."""

from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI

from app.api.main import create_app
from app.cli import database
from app.kernel import discovery, garbage, settings
from app.worker import embedded

GRACE_SECONDS = 20  # in-flight requests after SIGTERM; the whole must be out within thirty
# A process that says nothing for so long is replaced. By default five seconds, in which a busy machine does not even
# import the program: each process would be ended before it served, again and again.
SILENCE_SECONDS = 60


def serve(
    port: Annotated[int, typer.Option(help="port of the API", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    processes: Annotated[int, typer.Option(help="API processes side by side", min=1, max=64)] = 1,
) -> None:
    """Serve the API; with the in-memory broker the worker runs along."""
    with database.available():
        run_api(host, port, processes)


def run_api(host: str, port: int, processes: int = 1) -> None:
    """Block until SIGINT or SIGTERM, then let requests in flight finish."""
    discovery.import_features()
    embedded_worker = settings.current().broker_url.startswith("memory://")
    if embedded_worker:
        embedded.start()
    try:
        uvicorn.run(
            "app.cli.serve:application",
            factory=True,
            host=host,
            port=port,
            workers=processes if processes > 1 else None,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_worker_healthcheck=SILENCE_SECONDS,
        )
    finally:
        if embedded_worker:
            embedded.stop()


def application() -> FastAPI:
    """The API as a process serves it."""
    app = create_app()
    garbage.spare_what_stays()
    return app
