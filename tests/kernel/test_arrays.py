"""Lists on their way to the database: written faster than by psycopg, and the same to the last character."""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel import arrays

_ELEMENTS: dict[str, st.SearchStrategy[Any]] = {
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "text": st.one_of(
        st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.sampled_from(["null", "NULL"])
    ),
    '"char"': st.sampled_from(["M", "n", "1", "_"]),
    "uuid": st.uuids(),
    "date": st.dates(date(1, 1, 1), date(9999, 12, 31)),
    "timestamptz": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
}


@pytest.fixture(scope="module")
def connections(owner_url: str) -> Any:
    with psycopg.connect(owner_url) as plain, psycopg.connect(owner_url) as ours:
        arrays.register(ours)
        yield plain, ours


@pytest.mark.parametrize("kind", _ELEMENTS)
def test_a_list_arrives_as_psycopg_would_have_sent_it(connections: Any, kind: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.one_of(st.none(), _ELEMENTS[kind]), max_size=8))
    def arrives(sent: list[Any]) -> None:
        plain, ours = (one.execute(f"SELECT %s::{kind}[]", [sent]).fetchone()[0] for one in connections)
        assert ours == plain == sent

    arrives()


@pytest.mark.parametrize(("kind", "sent"), [("int", [[1, 2], [3, 4]]), ("text", ["a,b", '"', "{}", " ", "", "NULL"])])
def test_what_is_nested_or_needs_quotes_goes_the_usual_way(connections: Any, kind: str, sent: list[Any]) -> None:
    plain, ours = (one.execute(f"SELECT %s::{kind}[]", [sent]).fetchone()[0] for one in connections)
    assert ours == plain == sent
