"""The embedded PostgreSQL: one durable server for a data folder, without installing anything.

The server is a direct child of the process that starts it, but in a session of its own, so that Ctrl-C in a
terminal reaches the launcher alone and work in flight can still commit. Whoever starts it is its keeper and
stops it; others adopt it and leave it alone. A launcher that dies by kill -9 leaves the server running on
purpose: nothing is lost, and the next start adopts it and becomes its keeper.

The folder holds ``data`` (the cluster), ``password`` (mode 0600), ``port``, ``postgres.log`` and two locks.
PostgreSQL refuses to run as root, so root's server runs as ``nobody``. Where ``nobody`` cannot enter the
folder, the cluster lives under ``/var/lib/lianfang`` and the folder keeps its address in ``elsewhere``;
permissions that somebody else chose are never changed.
"""

from app.kernel.postgres.binaries import find_binaries
from app.kernel.postgres.errors import PostgresUnavailable
from app.kernel.postgres.launcher import Server, running, start

__all__ = ["PostgresUnavailable", "Server", "find_binaries", "running", "start"]
