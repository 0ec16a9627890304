"""What phones, proxies and attackers send, and how to put it into an otherwise good request."""

import copy
import json
from collections.abc import Iterator
from typing import Any

NAN, INFINITY = float("nan"), float("inf")
DEEP = 900

# Put in place of each value of a good body. A body with any of the first group must be refused whole.
NEVER: list[Any] = [NAN, INFINITY, -INFINITY, "\ud800", "a\udfffb", "\u0000", "a\u0000b"]
ODD: list[Any] = [
    True,
    False,
    None,
    0,
    -1,
    2**31,
    2**63,
    2**63 - 1,
    -(2**63) - 1,
    10**400,
    0.1,
    36.5000001,
    "",
    " ",
    "true",
    "٣",
    "１２",
    "\u202e\u2066",
    "x" * 100_000,
    "0001-01-01",
    "9999-12-31",
    "2023-02-29",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2024-06-30T23:59:60Z",
    "' OR 1=1 --",
    "%00",
    [],
    {},
    [[]],
    [None],
    {"": 1},
]
IN_QUERY = [
    "",
    "nan",
    "inf",
    "-1",
    "0",
    "1.0",
    "true",
    "1e3",
    "٣",
    str(2**31),
    str(2**63),
    "9" * 400,
    "9" * 5000,
    "\u0000",
    "\u202e",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59-14:00",
    "2023-02-29",
    "W10",  # a cursor of nothing
    "WyJcdTAwMDAiXQ",  # a cursor of NUL
    "WzFlOTk5XQ",  # a cursor of a number that overflows
    "WyJcdWQ4MDAiXQ",  # a cursor of half a character
    "' OR 1=1 --",
]
# Fields that a client may wish to assign; a body that has none of them refuses each.
ASSIGNED = {"role": "provincial_admin", "state": "approved", "approved_by": 1, "institution_id": 1, "__proto__": {}}

# Whole bodies that are no JSON of ours, with their content type.
WHOLE: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "application/json"),
    ("null", b"null", "application/json"),
    ("a number", b"1", "application/json"),
    ("a text", b'"x"', "application/json"),
    ("a list", b"[]", "application/json"),
    ("half", b'{"a": ', "application/json"),
    ("UTF-16", json.dumps({"name": "x"}).encode("utf-16"), "application/json"),
    ("UTF-32", json.dumps({"name": "x"}).encode("utf-32"), "application/json"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "application/json"),
    ("no UTF-8", b'{"name": "\xff\xfe"}', "application/json"),
    ("NaN", b'{"a": NaN}', "application/json"),
    ("deep lists", b"[" * DEEP + b"]" * DEEP, "application/json"),
    ("deep objects", b'{"a":' * DEEP + b"1" + b"}" * DEEP, "application/json"),
    ("deeper lists", b"[" * 100_000 + b"]" * 100_000, "application/json"),
    ("a long number", b'{"a": 1' + b"0" * 10_000 + b"}", "application/json"),
    ("one name twice", b'{"a": 1, "a": 2}', "application/json"),
    ("a form", b"a=1&b=2", "application/x-www-form-urlencoded"),
    ("text", b"{}", "text/plain"),
    ("a broken form", b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x"),
    ("a form without boundary", b"{}", "multipart/form-data"),
    ("many parts", b"--x\r\n" * 3000, "multipart/form-data; boundary=x"),
    ("an odd charset", b"[]", "application/json; charset=utf-7"),
    ("an unknown type", b"{}", "\u00e9".encode().decode("latin-1")),
]
HEADERS: list[dict[str, str]] = [
    {"Accept-Language": "x" * 5000},
    {"Accept-Language": "en;q=nan,zh;q=1e999"},
    {"Accept-Language": ";;;,,,q=,en;q="},
    {"If-Match": "x" * 60},
    {"If-Match": '"9223372036854775808"'},
    {"If-None-Match": '"' * 100},
    {"Accept": "application/xml;q=nan"},
    {"X-Request-ID": "x" * 5000},
    {"Accept-Encoding": "zstd;q=nan, br;q=-1"},
    {"Range": "bytes=5-1"},
    {"X-Forwarded-For": "a" * 3000},
]


def places(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value inside a body."""
    if path:
        yield path
    pairs: Any = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in pairs:
        yield from places(value, (*path, key))


def replaced(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy of ``body`` with another value at ``path``."""
    changed = copy.deepcopy(body)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def objects(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every object inside a body, the outermost included."""
    if isinstance(body, dict):
        yield path
    yield from (way for way in places(body) if isinstance(_at(body, way), dict))


def with_field(body: Any, path: tuple[str | int, ...], name: str, value: Any) -> Any:
    """A copy of ``body`` with one more field in the object at ``path``."""
    changed = copy.deepcopy(body)
    _at(changed, path)[name] = value
    return changed


def _at(body: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


def raw(body: Any) -> bytes:
    """The body as bytes, NaN and lone surrogates as careless clients write them."""
    return json.dumps(body, default=str).encode()
