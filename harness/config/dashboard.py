"""``assay-dashboard.yaml``: where the reviewers' pages read, who logs in, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from harness.config.environment import is_from_environment, with_environment
from harness.config.models import StoreConfig
from harness.config.section import Section
from harness.errors import ConfigError, raise_all
from harness.yamlfile import YamlFile, read_yaml, validation_problems

Role = Literal["viewer", "data-reader", "reviewer", "approver", "admin"]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECRETS = ("client_secret", "cookie_secret")
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]")


class LoginConfig(Section):
    """OpenID Connect: any provider that has a discovery document."""

    redirect_uri: str = Field(
        description="address of this dashboard as browsers see it, ending in /oauth2callback",
        examples=["https://assay.example.org/oauth2callback"],
    )
    server_metadata_url: str = Field(
        description="discovery document of the provider",
        examples=["https://id.example.org/realms/main/.well-known/openid-configuration"],
    )
    client_id: str = Field(min_length=1, description="id that the provider gave this dashboard")
    client_secret: str = Field(
        min_length=1,
        description="secret that belongs to it, from the environment",
        examples=["${env:ASSAY_CLIENT_SECRET}"],
    )
    cookie_secret: str = Field(
        min_length=32,
        description="signs the cookie of a login; at least 32 characters, drawn at random",
        examples=["${env:ASSAY_COOKIE_SECRET}"],
    )
    scope: str = Field(
        default="openid profile email", description="what the provider is asked to tell"
    )
    claim: str = Field(
        default="roles", min_length=1, description="claim of the identity that roles are read from"
    )
    roles: dict[str, list[Role]] = Field(
        min_length=1,
        description="value of the claim → roles here; who has no such value sees nothing",
        examples=[{"assay-reviewers": ["reviewer", "data-reader"], "assay-leads": ["approver"]}],
    )
    session_minutes: int = Field(
        default=480, ge=1, le=7 * 24 * 60, description="age at which a login ends"
    )
    decide_minutes: int = Field(
        default=15,
        ge=1,
        le=480,
        description="age of a login above which a decision asks to log in once more",
    )

    @field_validator("redirect_uri", "server_metadata_url")
    @classmethod
    def _is_safe_address(cls, url: str) -> str:
        parts = urlsplit(url)
        is_local = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or is_local):
            raise ValueError("must be an https:// address (http:// only on this machine)")
        return url

    @field_validator("redirect_uri")
    @classmethod
    def _is_the_callback(cls, url: str) -> str:
        if not urlsplit(url).path.endswith("/oauth2callback"):
            raise ValueError("must end in /oauth2callback")
        return url


class ReviewConfig(Section):
    """How reviews go."""

    due_days: int = Field(
        default=10, ge=1, le=365, description="days from submission until a decision is due"
    )
    min_cell: int = Field(
        default=10,
        ge=0,
        description="rows below which a figure of a group is shown only to data-readers",
    )


class DashboardConfig(Section):
    """The reviewers' dashboard.

    Attributes:
        apiVersion: version of the format
        kind: says that this is a dashboard
    """

    apiVersion: Literal["modelassay/v1"]  # noqa: N815 - the word that the file uses
    kind: Literal["Dashboard"]
    store: str | StoreConfig | None = Field(
        default=None, description="store whose runs are reviewed; ASSAY_STORE where not given"
    )
    runs: str | None = Field(
        default=None, description="folder of runs that is read where there is no store"
    )
    trust: str | None = Field(
        default=None,
        description="file that says whose signatures count; that of the store where not given",
    )
    key: str | None = Field(
        default=None,
        description="key by which the service signs what people decide: a file, or env:NAME",
        examples=["env:ASSAY_SERVICE_KEY"],
    )
    hosts: Annotated[
        list[str],
        Field(description="names under which browsers may ask for it, besides this machine's"),
    ] = Field(default_factory=list, examples=[["assay.example.org"]])
    language: Literal["en", "zh"] = Field(
        default="en", description="where neither the address nor the browser says one"
    )
    review: ReviewConfig = Field(default_factory=ReviewConfig)
    login: LoginConfig | None = Field(
        default=None, description="without it: one person, not authenticated, on this machine only"
    )

    @field_validator("hosts")
    @classmethod
    def _are_names(cls, hosts: list[str]) -> list[str]:
        if not all(_HOST.fullmatch(one) for one in hosts):
            raise ValueError("must be names such as assay.example.org, without https://, port or *")
        return hosts


@dataclass(frozen=True, slots=True)
class LoadedDashboard:
    """The settings and where they stand.

    Attributes:
        config: The validated content.
        file: For places in messages.
        base: Folder that relative paths start from.
    """

    config: DashboardConfig
    file: YamlFile
    base: Path

    @property
    def key(self) -> str | None:
        """The service's key as ``find_key`` takes it: a path is one from the file's folder."""
        word = self.config.key
        if word is None or word.startswith("env:"):
            return word
        return str(self.base / word) if "/" in word or word.endswith(".pem") else word

    @property
    def trust(self) -> Path | None:
        """The trust file; None where that of the store counts."""
        return self.base / self.config.trust if self.config.trust else None

    def secrets(self) -> Mapping[str, object]:
        """Return what Streamlit's login asks for; never written anywhere."""
        login = self.config.login
        if login is None:
            return {}
        provider = {
            "client_id": login.client_id,
            "client_secret": login.client_secret,
            "server_metadata_url": login.server_metadata_url,
        }
        usual = {"scope": login.scope}
        # a decision asks the provider to see the person again, not only its cookie
        fresh = {"scope": login.scope, "prompt": "login", "max_age": "0"}
        return {
            "auth": {
                "redirect_uri": login.redirect_uri,
                "cookie_secret": login.cookie_secret,
                "main": {**provider, "client_kwargs": usual},
                "fresh": {**provider, "client_kwargs": fresh},
            }
        }


def load_dashboard(path: Path) -> LoadedDashboard:
    """Read ``assay-dashboard.yaml``.

    Raises:
        ConfigError: With every mistake in it, each with ``file:line``.
    """
    file = read_yaml(path, error=ConfigError)
    problems = _written_secrets(file)
    data = with_environment(file.data, file, (), problems)
    problems = [_of_secret(one) for one in problems]
    raise_all(ConfigError, problems)
    try:
        config = DashboardConfig.model_validate(data)
    except ValidationError as err:
        known = sorted(
            set[str]().union(
                *(
                    model.model_fields
                    for model in (DashboardConfig, LoginConfig, ReviewConfig, StoreConfig)
                )
            )
        )
        raise ConfigError(*validation_problems(err, file, known=known)) from err
    raise_all(ConfigError, _unknown_name(config, file))
    return LoadedDashboard(config, file, path.parent)


def _unknown_name(config: DashboardConfig, file: YamlFile) -> list[str]:
    """Refuse a login that comes back under a name at which every request is refused."""
    if config.login is None:
        return []
    name = (urlsplit(config.login.redirect_uri).hostname or "").lower()
    known = {*LOOPBACK, *(one.lower().strip("[]") for one in config.hosts)}
    if name in known:
        return []
    place = file.place(("login", "redirect_uri"))
    what = f"login.redirect_uri must have a name that stands under hosts, got '{name}' ({place})."
    return [f"{what} Write hosts: [{name}]."]


def _of_secret(problem: str) -> str:
    """Return a problem without the advice to write a secret into the file, which is refused."""
    is_secret = problem.startswith(tuple(f"login.{name} " for name in _SECRETS))
    return problem.replace("Set it, or write the value.", "Set it.") if is_secret else problem


def _written_secrets(file: YamlFile) -> list[str]:
    """Refuse secrets that stand in the file; what they are is not said again."""
    login = file.data.get("login") if isinstance(file.data, dict) else None
    return [
        f"login.{name} must come from the environment, got a value in the file "
        f"({file.place(('login', name))}). Write ${{env:NAME}}."
        for name in _SECRETS
        if isinstance(login, dict)
        and isinstance(login.get(name), str)
        and not is_from_environment(login[name])
    ]
