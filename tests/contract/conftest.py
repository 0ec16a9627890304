"""Two worlds, and a WeChat to sign in by."""

from tests.isolation.fixtures import stand_in, wechat, worlds

__all__ = ["stand_in", "wechat", "worlds"]
