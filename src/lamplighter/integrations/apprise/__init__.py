"""The integration `apprise`: e-mail, chats and push services by their Apprise URLs, one channel for each URL."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from lamplighter.integrations.apprise.allowing import why_refused
from lamplighter.integrations.apprise.channel import AppriseChannel, understood
from lamplighter.ports import Integration, Roles, Surroundings

URLS_MAX = 20


class AppriseConfig(BaseModel):
    """`urls` hold passwords and tokens, so they are secrets as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    urls: Annotated[list[SecretStr], Field(min_length=1, max_length=URLS_MAX)]
    timeout_seconds: float = Field(default=15.0, gt=0, le=60, allow_inf_nan=False)

    @field_validator("urls")
    @classmethod
    def _allowed(cls, urls: list[SecretStr]) -> list[SecretStr]:
        for number, url in enumerate(urls):
            why = why_refused(url.get_secret_value()) or understood(url.get_secret_value())
            if why:
                raise ValueError(f"entry {number}: {why}")
        return urls


def _build(config: AppriseConfig, _surroundings: Surroundings) -> Roles:
    seen: Counter[str] = Counter()
    channels = []
    for url in config.urls:
        secret = url.get_secret_value()
        scheme = secret.partition(":")[0].lower()
        seen[scheme] += 1
        name = f"apprise-{scheme}" + (f"-{seen[scheme]}" if seen[scheme] > 1 else "")
        channels.append(AppriseChannel(name, secret, config.timeout_seconds))
    return Roles(channels=tuple(channels))


INTEGRATION = Integration(name="apprise", config=AppriseConfig, build=_build)
