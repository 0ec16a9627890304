"""What an operator may set, each as an environment variable with the prefix ``LIANFANG_``."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once from the environment; durations are in the unit that the name says."""

    model_config = SettingsConfigDict(env_prefix="LIANFANG_", extra="ignore", frozen=True)

    data_folder: Path = Field(
        default=Path("var"), description="embedded database, secrets, logs; relative to the start"
    )
    web_folder: Path = Field(
        default=Path(__file__).parents[2] / "web" / "dist",
        description="the built web client; where there is none, the API serves alone",
    )
    database_url: str | None = Field(
        default=None, description="the owner's URL, for migrations; unset: the embedded database"
    )
    app_database_url: str | None = Field(
        default=None, description="the application role's URL; unset: derived from the owner's by `migrate`"
    )
    direct_database_url: str | None = Field(
        default=None, description="the application role's URL past a pooler, to listen on; unset: the one above"
    )
    replica_database_url: str | None = Field(
        default=None, description="the application role's URL of a streaming replica, which figures are then read from"
    )
    database_pool: int = Field(default=20, ge=1, le=500, description="connections of one process")
    broker_url: str = Field(default="memory://", description="Celery's broker; Redis or Valkey in production")
    master_keys: SecretStr | None = Field(
        default=None, description="hex, oldest first, comma between, only appended to; unset: made in the data folder"
    )
    access_token_seconds: int = Field(default=600, ge=30, le=600)
    refresh_token_days: int = Field(default=30, ge=1, le=90)
    password_hash_cost: int = Field(default=3, ge=1, le=10, description="argon2 time cost")
    sign_in_failures_per_account: int = Field(default=5, ge=1, le=1_000_000, description="in 15 minutes")
    sign_in_failures_per_address: int = Field(
        default=30, ge=1, le=1_000_000, description="in 15 minutes; a school's or a carrier's families share one"
    )
    staff_password_length: int = Field(default=10, ge=8, le=64, description="at least so many characters")
    staff_password_classes: int = Field(
        default=3, ge=1, le=4, description="of small letters, capitals, digits, others, at least so many kinds"
    )
    staff_password_days: int = Field(default=90, ge=0, le=3650, description="to be changed after; 0: never")
    family_password_length: int = Field(default=8, ge=8, le=64)
    family_password_classes: int = Field(default=2, ge=1, le=4)
    family_password_days: int = Field(default=0, ge=0, le=3650)
    text_channel: Literal["console", "aliyun"] = Field(default="console", description="how text messages leave")
    aliyun_api: str = "https://dysmsapi.aliyuncs.com"
    aliyun_key_id: str = ""
    aliyun_key_secret: SecretStr = SecretStr("")
    aliyun_sign_name: str = ""
    aliyun_templates: dict[str, str] = Field(
        default={}, description='JSON: the code of each template, {"fever": "SMS_154950909"}'
    )
    wechat_endpoint: str = Field(
        default="https://api.weixin.qq.com/sns/jscode2session", description="code2session, up to the query"
    )
    wechat_app_id: str = ""
    wechat_secret: SecretStr = SecretStr("")
    wechat_api: str = Field(default="https://api.weixin.qq.com", description="subscription messages")
    wechat_page: str = Field(
        default="pages/messages/index", description="where a message without a place of its own leads"
    )
    wechat_templates: dict[str, dict[str, str]] = Field(
        default={},
        description='JSON: the id of each template and what its fields show (title, text, text2, time), {"fever": '
        '{"id": "a1b2", "thing1": "title", "thing2": "text", "time3": "time"}}',
    )
    wecom_api: str = "https://qyapi.weixin.qq.com"
    dingtalk_api: str = "https://oapi.dingtalk.com"
    smtp_host: str = Field(default="", description="unset: no e-mail")
    smtp_port: int = Field(default=465, ge=1, le=65535)
    smtp_security: Literal["tls", "starttls", "none"] = "tls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_sender: str = Field(default="lianfang@localhost", description="the address that e-mail comes from")
    trusted_proxies: int = Field(default=0, ge=0, le=5, description="proxies in front that set X-Forwarded-For")
    body_limit_bytes: int = 256 * 1024
    upload_limit_bytes: int = 10 * 1024 * 1024
    log_level: str = "INFO"


@lru_cache(maxsize=1)
def current() -> Settings:
    """The process's settings; ``current.cache_clear()`` after changing the environment (tests)."""
    return Settings()
