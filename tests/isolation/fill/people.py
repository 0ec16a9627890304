"""people."""

from collections.abc import Mapping

from tests.isolation.calls import Build

FILLER: Mapping[str, tuple[Build, ...]] = {}
NAMED_BY_CLIENT: dict[str, set[str]] = {}
