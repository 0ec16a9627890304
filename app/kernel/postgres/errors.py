"""What the launcher raises."""


class PostgresUnavailable(RuntimeError):  # noqa: N818 - says what is so, as the other problems do
    """No server can be had here; the message is one sentence for the person at the terminal."""
