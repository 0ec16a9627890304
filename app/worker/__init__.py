"""Background work: the outbox's relay, the scheduled tasks, and the worker inside the API process.

`relay.drain()` runs everything that waits in the outbox, here and now; `embedded.start()` and `stop()` run worker,
clock and relay as threads; `celery.celery_app` is for workers of their own; `watch` tells machines how they are;
`given_up` is for what failed too often. Refuses to know what an event means.
"""
