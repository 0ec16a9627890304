"""What the launcher raises."""


class PostgresUnavailable(RuntimeError):
    """No server can be had here; the message is one sentence for the person at the terminal."""
