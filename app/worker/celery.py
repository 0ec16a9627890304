"""Celery as this program uses it: JSON, ids only, no results, acknowledged when done."""

import logging
from collections.abc import Callable, Sequence
from typing import ParamSpec, Protocol, cast

from celery import Celery
from celery.schedules import crontab

from app.kernel import settings
from app.kernel.events import Queue

P = ParamSpec("P")


class Task(Protocol[P]):
    """A task as this program uses it: called here, or handed to the broker with ids."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Run it here."""

    def apply_async(
        self,
        args: tuple[int, ...],
        *,
        task_id: str | None = None,
        retry: bool,
        queue: Queue | None = None,
        expires: float | None = None,
    ) -> object:
        """Hand it over; ``queue``: another than the task's own; ``expires``: in seconds."""


_broker = settings.current().broker_url
IN_MEMORY = _broker.startswith("memory://")

ROUTES: dict[str, Queue] = {}  # by name of task; written as they are made

celery_app = Celery("lianfang", broker=_broker, include=["app.worker.tasks"])
celery_app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_queues={one.value: {} for one in Queue},
    task_default_queue=Queue.DEFAULT.value,
    task_routes=[lambda name, *_, **__: {"queue": ROUTES[name].value} if name in ROUTES else None],
    # A queue that nobody consumes is an error where it is named, not a heap that is found in a month.
    task_create_missing_queues=False,
    task_publish_retry=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_prefetch_multiplier=4,
    broker_connection_retry_on_startup=True,
    # By default a worker ends itself after a hundred tries; the broker may be away for a night.
    broker_connection_max_retries=None,
    broker_connection_timeout=2,
    # In memory: how long a message may lie before the worker looks. Elsewhere: fail within seconds when it is away.
    broker_transport_options={"polling_interval": 0.05}
    if IN_MEMORY
    else {"socket_connect_timeout": 2, "socket_timeout": 5, "global_keyprefix": "lianfang:"},
    timezone="Asia/Shanghai",
    # Every task may run twice and late, so the clock need not remember anything across a restart.
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={
        "sweep": {"task": "sweep", "schedule": 1.0, "options": {"expires": 5}},
        "place": {"task": "place", "schedule": crontab(minute="*/10"), "options": {"expires": 600}},
        # Cut-offs and reminders are clock times of each institution; five minutes late is soon enough.
        "watch_reports": {"task": "watch_reports", "schedule": crontab(minute="*/5"), "options": {"expires": 280}},
        "find_concealed": {"task": "find_concealed", "schedule": crontab(hour="2", minute="10")},
        "recount": {"task": "recount", "schedule": crontab(hour="2", minute="30")},
        # Every hour, although they are there since a fortnight: a machine may be switched off at night.
        "make_partitions": {"task": "make_partitions", "schedule": crontab(minute="5"), "options": {"expires": 3000}},
        # Every hour, for the same reason; a day is planned once.
        "plan_reminders": {"task": "plan_reminders", "schedule": crontab(minute="1"), "options": {"expires": 3000}},
        "drop_partitions": {"task": "drop_partitions", "schedule": crontab(hour="1", minute="30")},
        "flag": {"task": "flag", "schedule": crontab(hour="1", minute="45")},
        "purge_gates": {"task": "purge_gates", "schedule": crontab(hour="3", minute="15")},
        "purge": {"task": "purge", "schedule": crontab(hour="3", minute="30")},
    },
)

# One line for each sweep would bury everything else.
for _chatty in ("celery.app.trace", "celery.worker.strategy", "celery.beat"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


def worker_arguments(queues: Sequence[Queue], concurrency: int) -> list[str]:
    """The command line of a worker of its own, which talks to no other one."""
    apart = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return ["worker", "--pool=threads", f"--concurrency={concurrency}", f"--queues={','.join(queues)}", *apart]


def task(name: str, queue: Queue = Queue.DEFAULT) -> Callable[[Callable[P, None]], Task[P]]:
    """Make a function a task of that name, which goes by ``queue`` unless it is handed over by another."""
    ROUTES[name] = queue
    return cast("Callable[[Callable[P, None]], Task[P]]", celery_app.task(name=name))
