"""Two worlds, a WeChat to sign in by, and those who carry messages."""

from tests.isolation.fixtures import carriers, stand_in, wechat, worlds

__all__ = ["carriers", "stand_in", "wechat", "worlds"]
