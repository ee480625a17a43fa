"""Where Ansible's runs are kept, and which of its hosts a component runs on. It reads nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from lamplighter.integrations.fetching import web_address


class AnsibleConfig(BaseModel):
    """`folder` holds what the callback `json` printed, one file a run; `hosts` maps names or globs to hosts."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Path | None = None
    ara_url: str = ""
    ara_username: str = ""
    ara_password: SecretStr | None = None
    timeout_seconds: float = Field(default=4.0, gt=0, le=60, allow_inf_nan=False)
    hosts: dict[str, str] = Field(default_factory=dict, max_length=1000)

    @field_validator("ara_url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        return web_address(url, "http://ara:8000") if url else ""

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if self.folder is None and not self.ara_url:
            raise ValueError("give folder, or ara_url, or both")
        if self.ara_password is not None and not self.ara_username:
            raise ValueError("ara_password needs ara_username")
        return self
