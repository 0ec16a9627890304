"""Two worlds, a WeChat to sign in by, and those who carry messages."""

from tests.isolation.fixtures import carriers, mail_server, stand_in, wechat, worlds

__all__ = ["carriers", "mail_server", "stand_in", "wechat", "worlds"]
