"""Grafana's configuration: how its webhooks prove themselves, and where it may be asked. It does neither."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from lamplighter.integrations.fetching import web_address

HEADER_NAME = r"^[A-Za-z0-9-]{1,100}$"


class GrafanaConfig(BaseModel):
    """Without `hmac_secret` the token alone proves the sender. Grafana has no default for `timestamp_header`.

    `url` empty means that Grafana is asked nothing; `token` is that of a service account with the role Viewer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    hmac_secret: str = ""
    signature_header: str = Field(default="X-Grafana-Alerting-Signature", pattern=HEADER_NAME)
    timestamp_header: str = Field(default="", pattern=rf"{HEADER_NAME}|^$")
    url: str = ""
    token: SecretStr | None = None
    timeout_seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False)

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        return web_address(url, "http://grafana:3000") if url else ""

    @model_validator(mode="after")
    def _token_has_a_place(self) -> Self:
        if self.token is not None and not self.url:
            raise ValueError("token needs url, such as http://grafana:3000")
        return self
