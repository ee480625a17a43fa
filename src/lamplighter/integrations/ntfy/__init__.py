"""The integration `ntfy`: pushes to one topic, with buttons that answer by POST where the topic has one reader."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from lamplighter.integrations.fetching import web_address
from lamplighter.integrations.ntfy.channel import NtfyChannel
from lamplighter.integrations.publishing import Publisher
from lamplighter.ports import Integration, Roles, Surroundings

PUBLIC = "ntfy.sh"


class NtfyConfig(BaseModel):
    """`approver` is who reads the topic, and whose name an answer bears; without it there are no buttons.

    Whoever can read the topic can press, so that it needs a server of one's own and a token. `in_place` lets a server
    that can change what was pushed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = "https://ntfy.sh"
    topic: Annotated[str, Field(pattern=r"^[-_A-Za-z0-9]{1,64}$")]
    token: SecretStr | None = None
    approver: Annotated[str, Field(max_length=60, pattern=r"^[-_. A-Za-z0-9@]*$")] = ""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60, allow_inf_nan=False)
    verify_tls: bool = True
    in_place: bool = True

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        return web_address(url, "https://ntfy.sh")

    @field_validator("approver")
    @classmethod
    def _is_the_only_reader(cls, approver: str, info: ValidationInfo) -> str:
        if not approver:
            return approver
        host = (urlsplit(info.data.get("url", "")).hostname or "").rstrip(".")
        if host == PUBLIC or host.endswith(f".{PUBLIC}"):
            words = f"cannot be vouched for on {PUBLIC}, where whoever knows the topic can press"
            raise ValueError(f"{words}; set ntfy.url to a server of your own, or drop approver")
        if info.data.get("token") is None:
            raise ValueError("needs a topic that others cannot read; protect it and set ntfy.token, or drop approver")
        return approver


def _build(config: NtfyConfig, surroundings: Surroundings) -> Roles:
    secret = config.token.get_secret_value() if config.token else ""
    headers = {"authorization": f"Bearer {secret}"} if secret else None
    publisher = Publisher("ntfy", config.timeout_seconds, headers, secret, config.verify_tls)
    # An address that nobody can reach would be a button that does nothing.
    reachable = bool(surroundings.answer_url("probe"))
    approver = f"ntfy:{config.approver}" if config.approver and reachable else ""
    where = (config.url, config.topic)
    channel = NtfyChannel(publisher, *where, approver, surroundings, in_place=config.in_place)
    return Roles(channels=(channel,))


INTEGRATION = Integration(name="ntfy", config=NtfyConfig, build=_build)
