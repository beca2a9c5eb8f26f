"""What an operator may set, from the environment or a `.env` file."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(BaseSettings):
    """
    Settings of the service; each is ``GRIDMAP_`` and its name in capitals.

    Nothing reads them at import: the command line and `create_app` are given an instance.
    """

    model_config = SettingsConfigDict(
        env_prefix="GRIDMAP_", env_file=".env", extra="ignore", frozen=True
    )

    database_url: str = Field(
        default="gpkg:///gridmap.gpkg",
        description="Where the register is kept: a GeoPackage file, or a PostGIS database "
        "(postgresql+psycopg://…).",
    )
    language: Literal["zh_CN", "en"] = Field(
        default="zh_CN",
        description="Language of pages and messages where nobody chose another: zh_CN or en.",
    )
    time_zone: str = Field(
        default="Asia/Shanghai", description="The city's time zone: it decides what “today” is."
    )
    accuracy_m: float = Field(
        default=10.0,
        ge=0,
        description="How exact a place is taken to be, in metres, where its source does not say: "
        "closer to a border than this, every grid in reach is named.",
    )
    page_size: int = Field(
        default=1000, ge=1, le=10_000, description="Rows of a page where a request names no limit."
    )
    batch_limit: int = Field(
        default=100_000, ge=1, description="Places that one request may locate."
    )
    body_limit: int = Field(
        default=32 * 1024 * 1024, ge=1024, description="Bytes that a request may send."
    )
    public_register: bool = Field(
        default=False,
        description="Whether everybody may read the register, coverage and hot spots without "
        "signing in; phone numbers never.",
    )
    https: bool = Field(
        default=False,
        description="Whether readers reach the service by https (a proxy before it ends TLS): "
        "cookies are then kept to https, and the service may listen beyond loopback.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="The address by which people reach the service; printed in QR codes.",
    )
    idle_minutes: int = Field(
        default=30, ge=1, description="Minutes without a request after which a session ends."
    )
    session_hours: int = Field(default=12, ge=1, description="Hours after which a session ends.")
    documents_folder: Path = Field(
        default=Path("documents"),
        description="Where source documents are kept, each under the hash of its content.",
    )
    results_folder: Path | None = Field(
        default=None,
        description="Where worked-out hot spots are kept, so that they outlive a start of the "
        "service; beside a GeoPackage if left out, and nowhere with PostGIS. May be deleted.",
    )
    worker_from: int = Field(
        default=100_000,
        ge=0,
        description="From how many issues and grids together on hot spots are worked out by a "
        "process of its own, with progress and a way to stop it. That process has the register in "
        "memory a second time.",
    )
    results_megabytes: int = Field(
        default=512,
        ge=1,
        description="How large that folder may become: what was asked for longest ago goes first.",
    )
    photos_url: str = Field(
        default="photos",
        description="Where photos are kept, each under the hash of its content: a folder, or an "
        "address that fsspec knows (s3://…, with s3fs installed).",
    )
    working_hours: str = Field(
        default="08:30-12:00,13:30-17:30",
        description="When the city works, for limits in working hours; by season: "
        "08:30-12:00,13:30-17:30; 05-01: 08:00-12:00,14:00-18:00.",
    )
    evidence_m: float = Field(
        default=100.0,
        gt=0,
        description="How near to the place of an issue the photo that closes it must have been "
        "taken, in metres.",
    )
    reports_per_hour: int = Field(
        default=60, ge=1, description="Reports that citizens may send from one address in an hour."
    )
    reports_per_minute: int = Field(
        default=5, ge=1, description="Reports that citizens may send from one address in a minute."
    )
    report_networks: str = Field(
        default="",
        description="Networks that many share and for which these two do not count, between "
        "commas: 10.1.0.0/16.",
    )
    report_secret: SecretStr | None = Field(
        default=None,
        description="With which addresses of citizens are hashed before they are kept for a day; "
        "a passing one, of each process its own, if left out.",
    )
    jurisdiction: str | None = Field(
        default=None, description="Our jurisdiction_id in Open311; any is taken if left out."
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Address of an OpenID Connect provider to sign in with; none if left out.",
    )
    oidc_client_id: str | None = Field(
        default=None, description="The name under which the provider knows this service."
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="The secret shared with the provider."
    )
    oidc_label: str = Field(
        default="统一身份认证", description="What the button of that way to sign in says."
    )
    flag_done: Literal["red", "blue", "green", "yellow"] = Field(
        default="red",
        description="Colour of the flag of a task that is done: red, blue, green or yellow.",
    )
    flag_not_done: Literal["red", "blue", "green", "yellow"] = Field(
        default="blue",
        description="Colour of the flag of a task that is not done; another one.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="By which mail is sent: smtp://user:password@host:25 (STARTTLS where there is "
        "a password), or smtps://…:465; none is sent if left out.",
    )
    mail_from: str = Field(default="gridmap@localhost", description="Whom mail is from.")
    mail_to: str = Field(
        default="", description="Who is mailed each day what is due, between commas."
    )
    robot_url: SecretStr | None = Field(
        default=None,
        description="Address of a group robot that is told each day what is due; none if left out.",
    )
    robot_kind: Literal["wecom", "dingtalk"] = Field(
        default="wecom", description="Whose robot that is: 企业微信 (wecom) or 钉钉 (dingtalk)."
    )
    demo_folder: Path = Field(
        default=Path("demo"), description="Where `gridmap demo` writes the demo city's files."
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            msg = f"there is no time zone {value}"
            raise ValueError(msg) from error
        return value

    @model_validator(mode="after")
    def _two_colours(self) -> Self:
        if self.flag_done == self.flag_not_done:
            msg = f"both flags are {self.flag_done}"
            raise ValueError(msg)
        return self

    @field_validator("report_networks")
    @classmethod
    def _known_networks(cls, value: str) -> str:
        for part in filter(None, (part.strip() for part in value.split(","))):
            ip_network(part)
        return value
