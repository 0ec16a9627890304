"""Where a request comes from."""

from collections.abc import Callable, Iterator

import pytest

from app.kernel import requests, settings


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Set the number of proxies in front."""

    def put(count: int) -> None:
        monkeypatch.setenv("LIANFANG_TRUSTED_PROXIES", str(count))
        settings.current.cache_clear()

    yield put
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        (0, "192.0.2.1", [], "192.0.2.1"),
        (0, "192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        (1, "192.0.2.1", ["198.51.100.7"], "198.51.100.7"),
        (1, "192.0.2.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        (1, "192.0.2.1", ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        (2, "192.0.2.1", ["203.0.113.9, 198.51.100.7, 192.0.2.2"], "198.51.100.7"),
        (2, "192.0.2.1", ["198.51.100.7"], "198.51.100.7"),
        (1, "192.0.2.1", [], "192.0.2.1"),
        (1, "192.0.2.1", ["198.51.100.7:4711"], "198.51.100.7"),
        (1, "192.0.2.1", ["[2001:db8::1]:4711"], "2001:db8::/64"),
        (0, "2001:db8::1234:5678", [], "2001:db8::/64"),
        (0, "fe80::1%eth0", [], "fe80::/64"),
        (0, "::ffff:192.0.2.1", [], "192.0.2.1"),
        (0, None, [], "unknown"),
        (1, "192.0.2.1", ["x" * 1000], "x" * 64),
    ],
)
def test_only_our_own_proxies_are_believed(
    proxies: Callable[[int], None], trusted: int, peer: str | None, forwarded: list[str], address: str
) -> None:
    proxies(trusted)
    assert requests.believed_address(peer, forwarded) == address
