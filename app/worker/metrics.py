"""What the worker counts, for ``/metrics`` of the process that it runs in; never labelled with ids."""

from prometheus_client import Counter, Gauge

OUTBOX_WAITING = Gauge("lianfang_outbox_waiting", "events on their way")
OUTBOX_GIVEN_UP = Gauge("lianfang_outbox_given_up", "events that failed too often and wait for somebody")
ROLLUP_DRIFT = Counter("lianfang_rollup_drift", "stored figures that a recount did not bear out")
