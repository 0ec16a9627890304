"""The clock as a process of its own."""

from celery.beat import Scheduler, Service

from app.worker.celery import celery_app
from app.worker.watch import Pulse

PULSE = Pulse()


class _Clock(Scheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's own, which remembers nothing across a restart, and says that it goes."""

    def tick(self, *args: object, **kwargs: object) -> object:
        """Hand over what is due; the seconds until more is."""
        PULSE.beat()
        return super().tick(*args, **kwargs)


def run() -> None:
    """Hand over what is scheduled until SIGTERM or Ctrl-C; a broker that is away is waited for."""
    # A task that the clock does not know would be sent by the usual queue, whatever its own is.
    celery_app.loader.import_default_modules()
    Service(celery_app, scheduler_cls=_Clock).start()
