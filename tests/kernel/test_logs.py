"""What a line of the log holds: words, ids and places; never what an exception says, since values stand in it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from app.kernel import logs


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the program's own logging writes during this test."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    logs.configure("INFO")
    stream = io.StringIO()
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream)
    yield stream
    root.handlers = before
    root.setLevel(level)


def test_an_exception_is_logged_by_kind_and_place_alone(written: io.StringIO) -> None:
    try:
        int("13800138000 吕桐")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        logs.get(__name__).exception("unforeseen")

    lines = written.getvalue().splitlines()
    assert len(lines) == 2
    for line in lines:
        entry = json.loads(line)
        assert entry["kind"] == "ValueError"
        assert entry["frames"][-1].endswith("test_an_exception_is_logged_by_kind_and_place_alone")
        assert "13800138000" not in line
        assert "吕桐" not in line
