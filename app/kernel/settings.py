"""What an operator may set, each as an environment variable with the prefix ``LIANFANG_``."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once from the environment; durations are in the unit that the name says."""

    model_config = SettingsConfigDict(env_prefix="LIANFANG_", extra="ignore", frozen=True)

    data_folder: Path = Field(
        default=Path("var"), description="embedded database, secrets, logs; relative to the start"
    )
    database_url: str | None = Field(
        default=None, description="the owner's URL, for migrations; unset: the embedded database"
    )
    app_database_url: str | None = Field(
        default=None, description="the application role's URL; unset: derived from the owner's by `migrate`"
    )
    database_pool: int = Field(default=20, ge=1, le=500, description="connections of one process")
    broker_url: str = Field(default="memory://", description="Celery's broker; Redis or Valkey in production")
    master_keys: SecretStr | None = Field(
        default=None, description="hex, newest first, comma between; unset: made once in the data folder"
    )
    issuer: str = "https://lianfang.invalid"
    audience: str = "lianfang-api"
    access_token_seconds: int = Field(default=600, ge=30, le=600)
    refresh_token_days: int = Field(default=30, ge=1, le=90)
    password_hash_cost: int = Field(default=3, ge=1, le=10, description="argon2 time cost")
    text_channel: str = Field(default="console", description="how one-time codes leave: console")
    wechat_endpoint: str = "https://api.weixin.qq.com"
    wechat_app_id: str = ""
    wechat_secret: SecretStr = SecretStr("")
    trusted_proxies: int = Field(default=0, ge=0, le=5, description="proxies in front that set X-Forwarded-For")
    body_limit_bytes: int = 256 * 1024
    upload_limit_bytes: int = 10 * 1024 * 1024
    log_level: str = "INFO"


@lru_cache(maxsize=1)
def current() -> Settings:
    """The process's settings; ``current.cache_clear()`` after changing the environment (tests)."""
    return Settings()
