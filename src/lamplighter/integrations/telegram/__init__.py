"""The integration `telegram`: one message for each incident, changed in place, with buttons for those on the list."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    field_serializer,
    field_validator,
)

from lamplighter.integrations.fetching import web_address
from lamplighter.integrations.telegram.channel import TelegramChannel
from lamplighter.integrations.telegram.client import BotApi
from lamplighter.integrations.telegram.listener import TelegramListener, identity_of
from lamplighter.ports import ChannelError, Integration, Roles, Surroundings, ToolError

API = "https://api.telegram.org"
APPROVERS_MAX = 50
# The Bot API's own bound.
USER_ID_MAX = 2**52
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}")


# Letters of any alphabet, but nothing that could be taken for an identity or another line.
NAME = re.compile(r"\w[\w .@-]{0,39}")
BOTH_FORMS = "a list of numbers, such as [123456789], or numbers with names, such as {123456789: anna}"
APPROVERS_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": APPROVERS_MAX},
        {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": APPROVERS_MAX},
    ]
}


def _people(given: object) -> dict[int, str]:
    """Names by number; empty for those that a list names by their number alone."""
    if given is None:
        return {}
    if not isinstance(given, list | dict):
        raise ValueError(f"is no list; write {BOTH_FORMS}")  # noqa: TRY004 - pydantic makes words of this one alone
    found: dict[int, str] = {}
    for key in given:
        name = given[key] if isinstance(given, dict) else None
        number = int(key) if re.fullmatch(r"[0-9]{1,17}", str(key)) else 0
        if isinstance(key, bool) or not 1 <= number <= USER_ID_MAX:
            raise ValueError(f"{str(key)[:40]!r} is no user's number; @userinfobot tells it; write {BOTH_FORMS}")
        if isinstance(given, dict) and not (isinstance(name, str) and NAME.fullmatch(name)):
            raise ValueError(f"the name of {number} must be up to 40 letters, digits, spaces or any of . @ - _")
        found[number] = name or ""
    if len(found) > APPROVERS_MAX:
        raise ValueError(f"are more than {APPROVERS_MAX}")
    return found


class TelegramConfig(BaseModel):
    """`approvers` are the numeric ids of those whose presses and commands count, as a list or each with a name to show.

    With none there are no buttons.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    chat: int
    topic: Annotated[int | None, Field(ge=1)] = None
    approvers: Annotated[dict[int, str], BeforeValidator(_people), WithJsonSchema(APPROVERS_SCHEMA)] = {}
    api_url: str = API
    timeout_seconds: float = Field(default=10.0, gt=0, le=60, allow_inf_nan=False)

    @field_serializer("approvers")
    def _as_it_may_be_written(self, approvers: dict[int, str]) -> list[int] | dict[int, str]:
        return approvers if any(approvers.values()) else list(approvers)

    @field_validator("token")
    @classmethod
    def _looks_like_one(cls, token: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("is not a bot's token; @BotFather gives one such as 123456:ABC-DEF")
        return token

    @field_validator("api_url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        return web_address(url, API)


def _build(config: TelegramConfig, surroundings: Surroundings) -> Roles:
    api = BotApi(config.api_url, config.token.get_secret_value(), config.timeout_seconds, surroundings.clock)
    approvers = frozenset(config.approvers)
    channel = TelegramChannel(api, config.chat, config.topic, answered=bool(approvers))
    named = {user: name for user, name in config.approvers.items() if name}
    listener = TelegramListener(api, config.chat, approvers, surroundings.clock, named)
    listeners = (listener,) if approvers else ()

    async def contact() -> str:
        try:
            own = await api.call("getMe", {})
            await api.call("getChat", {"chat_id": config.chat})
        except ChannelError as problem:
            raise ToolError(str(problem)) from problem
        name = own.get("username", "") if isinstance(own, dict) else ""
        return f"signed in as @{name}, and the chat {config.chat} is open to it"

    nicknames = {identity_of(user): name for user, name in named.items()}
    return Roles(contact=contact, channels=(channel,), listeners=listeners, nicknames=nicknames)


INTEGRATION = Integration(name="telegram", config=TelegramConfig, build=_build)
