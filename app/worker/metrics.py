"""What the worker counts, for ``/metrics`` of the process that it runs in; never labelled with ids."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from prometheus_client import REGISTRY, Counter, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app.kernel import clock, db, events
from app.kernel.events import ATTEMPTS
from app.worker import queries

ROLLUP_DRIFT = Counter("lianfang_rollup_drift", "stored figures that a recount did not bear out")
EVENTS_FAILED = Counter("lianfang_events_failed", "tries of an event in which a listener failed", ["kind"])
EVENT_DELAY = Histogram(
    "lianfang_event_delay_seconds",
    "from the moment for which an event was recorded until all its listeners were done",
    ["queue"],
    buckets=(0.05, 0.2, 1, 5, 15, 60, 300, 900, 3600),
)


def heard(kind: str, delay: timedelta) -> None:
    """Count an event whose listeners are done."""
    EVENT_DELAY.labels(events.queue_of(kind)).observe(max(0.0, delay.total_seconds()))


class _Outbox(Collector):
    """Asks the outbox when it is itself asked: whichever process answers, the figures are those of all."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: to be registered must not take a database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The gauges; none of them where the database is away."""
        moment = clock.now()
        try:
            with db.transaction() as session:
                found = queries.backlogs(session, moment, ATTEMPTS)
        except (SQLAlchemyError, RuntimeError):
            return
        waiting = GaugeMetricFamily("lianfang_outbox_waiting", "events that wait to be heard", labels=["queue"])
        oldest = GaugeMetricFamily(
            "lianfang_outbox_oldest_seconds", "how long the oldest of them has", labels=["queue"]
        )
        for queue in events.Queue:
            mine = [one for one in found if events.queue_of(one.name) is queue]
            since = min((one.oldest for one in mine if one.oldest is not None), default=moment)
            waiting.add_metric([queue], sum(one.waiting for one in mine))
            oldest.add_metric([queue], max(0.0, (moment - since).total_seconds()))
        yield waiting
        yield oldest
        given_up = sum(one.given_up for one in found)
        yield GaugeMetricFamily(
            "lianfang_outbox_given_up", "events that failed too often; see `lianfang outbox`", given_up
        )


REGISTRY.register(_Outbox())
