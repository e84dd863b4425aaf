"""The one place that reads the environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.errors import StartupError
from core.roles import Role

ROOT = Path(__file__).resolve().parent.parent
_MIN_SECRET = 32

List = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Every setting of the product; `.env.example` and the README say the same, and a test holds them together.

    Secrets that development leaves empty are made once under `var_dir` (see `core.secrets`).
    """

    model_config = SettingsConfigDict(
        env_prefix="NICHEWISE_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    var_dir: Path = ROOT / "var"
    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=1, le=65535)
    env: Literal["development", "production"] = "development"
    secret_key: SecretStr | None = None
    encryption_keys: SecretStr | None = None
    allowed_hosts: List = ()
    cors_origins: List = ()
    public_url: str | None = None
    allowed_emails: List = ()
    allowed_email_domains: List = ()
    access_days: int | None = Field(default=None, ge=1, le=36_500)
    default_role: Role = Role.SALES
    smtp_url: SecretStr | None = None
    mail_from: str = "nichewise@localhost"
    database_url: SecretStr | None = None
    chroma_url: str | None = None
    blobs: str | None = None
    admin_email: str = "admin@nichewise.local"
    admin_password: SecretStr | None = None
    demo: bool | None = None
    provider: str = "auto"
    ollama_url: str = "http://127.0.0.1:11434"
    ollama_model: str = "llama3.1:8b"
    openai_model: str = "gpt-4o-mini"
    gemini_model: str = "gemini-2.5-flash"
    compatible_url: str | None = None
    compatible_api_key: SecretStr | None = None
    compatible_model: str = "default"
    fallback: List = ("extractive",)
    model_parallel: int = Field(default=64, ge=1, le=1000)
    model_queue: int = Field(default=256, ge=0, le=10_000)
    openai_api_key: SecretStr | None = Field(default=None, alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    gemini_api_key: SecretStr | None = Field(default=None, alias="GEMINI_API_KEY")
    gemini_base_url: str | None = Field(default=None, alias="GEMINI_BASE_URL")
    source_roots: Annotated[tuple[Path, ...], NoDecode] = ()
    small_talk_per_conversation: int = Field(default=10, ge=0, le=1000)
    small_talk_per_day: int = Field(default=30, ge=0, le=10_000)
    embedding: str = "builtin"
    embeddings: List = ()
    keep_versions_days: int = Field(default=7, ge=0, le=3650)
    reranker: Path | None = None
    listener: Literal["auto", "whisper", "server"] = "auto"
    whisper: str = ""
    speaker: Literal["auto", "elevenlabs", "server", "browser"] = "auto"
    elevenlabs_api_key: SecretStr | None = Field(default=None, alias="ELEVENLABS_API_KEY")
    elevenlabs_base_url: str | None = Field(default=None, alias="ELEVENLABS_BASE_URL")
    elevenlabs_voice: str = "JBFqnCBsd6RMkjVDRZzb"
    elevenlabs_model: str = "eleven_multilingual_v2"
    speech_url: str | None = None
    speech_api_key: SecretStr | None = None
    speech_listen_model: str = "whisper-1"
    speech_model: str = "tts-1"
    speech_voice: str = "alloy"
    voice_seconds: int = Field(default=180, ge=1, le=600)
    locale: Literal["en", "ru"] = "en"
    worker: Literal["embedded", "external"] = "embedded"
    upload_mb: int = Field(default=200, ge=1, le=1024)
    upload_mb_analyst: int = Field(default=200, ge=1, le=1024)
    upload_mb_admin: int = Field(default=1024, ge=1, le=1024)
    archive_files: int = Field(default=10_000, ge=1, le=1_000_000)
    archive_mb: int = Field(default=4096, ge=1, le=1_000_000)

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("it must look like https://nichewise.example.com")
        return value.rstrip("/") if value else None

    @field_validator(
        "allowed_hosts", "cors_origins", "allowed_emails", "allowed_email_domains", "fallback", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("embeddings", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("source_roots", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(Path(part.strip()).expanduser().absolute() for part in value.split(",") if part.strip())
        return value

    @field_validator("var_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _strict_in_production(self) -> Settings:
        if self.env != "production":
            return self
        weak = self.secret_key is None or len(self.secret_key.get_secret_value()) < _MIN_SECRET
        if weak:
            raise ValueError(f"NICHEWISE_SECRET_KEY must have at least {_MIN_SECRET} characters in production.")
        if self.encryption_keys is None:
            raise ValueError("NICHEWISE_ENCRYPTION_KEYS must be set in production.")
        if self.default_role is Role.ADMIN:
            raise ValueError("NICHEWISE_DEFAULT_ROLE must not be admin in production.")
        return self

    @model_validator(mode="after")
    def _shared_with_workers(self) -> Settings:
        if self.worker == "external" and self.unshared:
            raise ValueError(f"NICHEWISE_WORKER=external needs {', '.join(self.unshared)}, the same for every process.")
        return self

    @property
    def unshared(self) -> list[str]:
        """What several processes must have in common and this one would make for itself below its `var_dir`."""
        shared = ("database_url", "chroma_url", "blobs", "secret_key", "encryption_keys")
        return [f"NICHEWISE_{name.upper()}" for name in shared if getattr(self, name) is None]

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def with_demo(self) -> bool:
        """Demo users, niches and corpora: as set, else in development only."""
        return not self.production if self.demo is None else self.demo

    @property
    def readable_folders(self) -> tuple[Path, ...]:
        """Below these, sources may read folders and SQLite files."""
        return self.source_roots or (self.var_dir / "inbox",)

    @property
    def blobs_url(self) -> str:
        return self.blobs or (self.var_dir / "blobs").as_uri()


def load_settings() -> Settings:
    """The settings of the environment and `.env`. Raises StartupError with a sentence that names the wrong one."""
    try:
        return Settings()
    except ValidationError as error:
        problem = error.errors()[0]
        name = "_".join(str(part) for part in problem["loc"]).upper()
        reason = problem["msg"].removeprefix("Value error, ")
        raise StartupError(f"NICHEWISE_{name}: {reason}." if name else reason) from error
