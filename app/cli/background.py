"""`lianfang worker` and `lianfang beat`: the processes that nobody waits for."""

from typing import Annotated

import typer

from app.cli import database
from app.kernel import discovery, logs, settings
from app.kernel.events import Queue

WatchPort = Annotated[
    int, typer.Option(help="answer /healthz, /readyz and /metrics here; 0: nowhere", min=0, max=65535)
]
WatchHost = Annotated[str, typer.Option(help="address for that")]


def work(
    queue: Annotated[list[Queue] | None, typer.Option(help="repeat for several; without: all")] = None,
    concurrency: Annotated[int, typer.Option(help="tasks at once", min=1, max=64)] = 4,
    beat: Annotated[bool, typer.Option(help="also run the clock; in exactly one worker")] = False,
    watch_port: WatchPort = 0,
    watch_host: WatchHost = "127.0.0.1",
) -> None:
    """Run background work from the broker of LIANFANG_BROKER_URL."""
    # Both read the settings when they are imported.
    from app.worker import embedded, watch  # noqa: PLC0415
    from app.worker.celery import celery_app, worker_arguments  # noqa: PLC0415

    discovery.import_features()
    with database.available():
        logs.configure(settings.current().log_level)
        relay = embedded.Relay()
        relay.start()
        if watch_port:
            watch.serve(watch_host, watch_port, relay.pulse)
        try:
            celery_app.worker_main(
                [*worker_arguments(queue or list(Queue), concurrency), *(["--beat"] if beat else [])]
            )
        finally:
            relay.stop()


def beat(watch_port: WatchPort = 0, watch_host: WatchHost = "127.0.0.1") -> None:
    """Run the clock, which hands scheduled tasks to the workers; one process in an installation."""
    from app.worker import schedule, watch  # noqa: PLC0415 - as above

    with database.available():
        logs.configure(settings.current().log_level)
        if watch_port:
            watch.serve(watch_host, watch_port, schedule.PULSE)
        schedule.run()
