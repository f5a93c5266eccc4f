"""Everything an operator may set, in one typed object that is passed in, never looked up."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one installation; each may come from the environment as `XUNQIN_…`."""

    model_config = SettingsConfigDict(env_prefix="XUNQIN_", env_file=".env", extra="ignore")

    data_dir: Path = Field(
        default=Path("var"), description="folder of database, keys, photos and caches"
    )
    database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL; default: SQLite file in the data folder"
    )
    master_key_file: Path | None = Field(
        default=None, description="master key file, mode 0600; default: keys/master.key in data_dir"
    )
    master_key: SecretStr | None = Field(
        default=None, description="master keys themselves instead of a file: id and 64 hex digits"
    )
    master_key_command: str | None = Field(
        default=None, description="command that prints the master keys, instead of a file"
    )
    cipher: str = Field(default="aes-256-gcm", description="aes-256-gcm or sm4-gcm")
    erasure_ledger_file: Path | None = Field(
        default=None, description="ledger of erasures; default: erasures.ndjson in data_dir"
    )
    host: str = Field(default="127.0.0.1", description="address the server listens on")
    port: int = Field(default=8420, ge=0, le=65535, description="port the server listens on")
    https_only: bool = Field(
        default=False, description="send cookies over HTTPS only; set it behind a TLS proxy"
    )
    language: str = Field(default="zh", description="language of the pages: zh or en")
    root_station_code: str = Field(default="000000", description="code of the first station")
    root_station_name: str = Field(default="救助管理站", description="name of the first station")
    session_hours: int = Field(default=12, ge=1, le=168, description="length of a sign-in")
    second_factor_roles: str = Field(
        default="", description="roles that must have a second factor, with commas between them"
    )
    public_address: str = Field(
        default="", description="address at which browsers reach the service, as https://…"
    )
    openid_issuer: str = Field(
        default="", description="OpenID provider that staff sign in through; default: none"
    )
    openid_client_id: str = Field(default="", description="what the provider calls this service")
    openid_client_secret: SecretStr | None = Field(
        default=None, description="secret that the provider gave this service"
    )
    openid_name: str = Field(default="统一身份认证", description="name of the provider on the page")
    openid_second_factor: str = Field(
        default="", description="methods (amr) of the provider that count as a second factor"
    )
    photo_max_bytes: int = Field(
        default=20_000_000, ge=100_000, description="largest photo file taken in"
    )
    photo_max_pixels: int = Field(
        default=60_000_000, ge=1_000_000, description="largest photo opened, width times height"
    )
    photo_seconds: float = Field(
        default=20.0, gt=0, description="time after which reading one photo is stopped"
    )
    photo_memory_mb: int = Field(
        default=1500, ge=300, description="memory limit of one photo worker"
    )
    photo_workers: int = Field(default=1, ge=1, le=64, description="photo worker processes")
    face_models: Path | None = Field(
        default=None, description="models file of the operator's own face models; default: dlib's"
    )
    face_calibration: Path | None = Field(
        default=None, description="calibration of the face model; default: the newest there is"
    )
    voice_max_bytes: int = Field(
        default=3_000_000, ge=10_000, le=20_000_000, description="largest recording taken in"
    )
    voice_days: int = Field(
        default=90, ge=1, le=730, description="days after which a recording is destroyed"
    )
    model_file: Path | None = Field(
        default=None, description="model of evidence; default: the newest made here, or shipped"
    )
    candidates_max: int = Field(
        default=50, ge=1, le=200, description="longest candidate list that is ever given out"
    )
    batch_processes: int | None = Field(
        default=None, ge=0, le=256, description="processes for long batches; default: one a core"
    )
    index_engine: Literal["segments", "milvus"] = Field(
        default="segments", description="who keeps the face vectors: this machine, or Milvus"
    )
    index_memory_dir: Path = Field(
        default=Path("/dev/shm"),  # noqa: S108  plain pages may lie in memory only
        description="memory file system through which processes share the opened index",
    )
    milvus_uri: str = Field(default="http://127.0.0.1:19530", description="address of Milvus")
    milvus_token: SecretStr = Field(default=SecretStr(""), description="token of Milvus")
    milvus_index: str = Field(default="HNSW", description="index type of Milvus's collections")
    milvus_consistency: Literal["Strong", "Session", "Bounded", "Eventually"] = Field(
        default="Strong", description="consistency level of searches in Milvus"
    )
    webhooks: bool = Field(
        default=False, description="send signed messages to registered addresses; off: none leaves"
    )
    webhook_http: bool = Field(
        default=False, description="let messages go over plain HTTP too, inside a closed network"
    )
    webhook_networks: str = Field(
        default="", description="inner networks that messages may reach, as 10.20.0.0/16, by commas"
    )
    trusted_proxy: str = Field(
        default="127.0.0.1", description="addresses of proxies that are believed, by commas"
    )
    client_certificate_header: str = Field(
        default="", description="header in which a proxy hands over a checked client certificate"
    )
    token_issuer: str = Field(
        default="", description="issuer of tokens for machines (OAuth client credentials)"
    )
    token_audience: str = Field(default="xunqin", description="audience that tokens must name")
    token_keys_file: Path | None = Field(
        default=None, description="file with the issuer's public keys (JWKS)"
    )
    token_keys_url: str = Field(
        default="", description="address of the issuer's public keys (JWKS), where there is no file"
    )
    reconcile_origins: str = Field(
        default="", description="web pages that may call the reconciliation service, by commas"
    )
    pdf_font: Path | None = Field(
        default=None, description="TrueType font embedded in printed requests; default: none"
    )
    exchange_domain: str = Field(
        default="", description="own domain of notices and records that leave; empty: none leave"
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / 'xunqin.db'}"

    @property
    def master_key_path(self) -> Path:
        """Where the master key is read from; created there at first start."""
        return self.master_key_file or self.data_dir / "keys" / "master.key"

    @property
    def erasure_ledger_path(self) -> Path:
        """Where erasures are written down outside the database."""
        return self.erasure_ledger_file or self.data_dir / "erasures.ndjson"
