"""The few methods of Telegram's Bot API that are needed, over plain requests. The token never leaves in an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamplighter.domain.redaction import MASK
from lamplighter.integrations.publishing import Answer, Publisher
from lamplighter.ports import ChannelError, Clock

POLL_SECONDS = 25
UPDATES_MAX = 50
NOTICE_CHARS_MAX = 190
TOO_MANY = 429
CONFLICT = 409


class NotTaken(ChannelError):
    """The API understood the request and refused it; `said` is its description, in lower case."""

    def __init__(
        self, message: str, *, said: str, permanent: bool, retry_after_seconds: float = 0.0, status: int = 0
    ) -> None:
        super().__init__(message, permanent=permanent, retry_after_seconds=retry_after_seconds)
        self.said = said
        self.status = status


class BotApi:
    """One bot; `number` is its id, which is no secret."""

    def __init__(self, url: str, token: str, timeout_seconds: float, clock: Clock) -> None:
        self.number = token.partition(":")[0]
        self._root = f"{url}/bot{token}"
        self._publisher = Publisher("telegram", timeout_seconds, secret=token)
        self._clock = clock

    async def call(self, method: str, values: Mapping[str, object], timeout_seconds: float | None = None) -> Any:  # noqa: ANN401 - the API's JSON
        """The result of one method; keys whose value is None are left out. Raises `ChannelError`."""
        given = {name: value for name, value in values.items() if value is not None}
        answer = await self._publisher.ask("POST", f"{self._root}/{method}", given, timeout_seconds=timeout_seconds)
        told = answer.json()
        if isinstance(told, dict) and told.get("ok") is True:
            return told.get("result")
        raise self._refusal(method, answer, told if isinstance(told, dict) else {})

    async def updates(self, offset: int) -> list[dict[str, Any]]:
        """What happened since, waiting for it for up to POLL_SECONDS. Raises `ChannelError`."""
        asked = {
            "offset": offset or None,
            "timeout": POLL_SECONDS,
            "limit": UPDATES_MAX,
            "allowed_updates": ["message", "callback_query"],
        }
        found = await self.call("getUpdates", asked, POLL_SECONDS + 10.0)
        return [one for one in found if isinstance(one, dict)][:UPDATES_MAX] if isinstance(found, list) else []

    async def notice(self, callback_id: str, text: str) -> None:
        """Answer a press, so that the button stops turning. Raises `ChannelError`."""
        await self.call("answerCallbackQuery", {"callback_query_id": callback_id, "text": text[:NOTICE_CHARS_MAX]})

    def _refusal(self, method: str, answer: Answer, told: Mapping[str, Any]) -> ChannelError:
        code = told.get("error_code")
        status = code if isinstance(code, int) else answer.status
        # What stands between may say back the address, and the token stands in that.
        said = str(told.get("description", "")).replace(self._publisher.secret, MASK)[:200]
        if not told:
            try:
                self._publisher.accepted(answer, self._clock.now())
            except ChannelError as problem:
                return problem
            return ChannelError(f"telegram: {method}: the answer is not the Bot API's", permanent=False)
        parameters = told.get("parameters")
        wait = parameters.get("retry_after", 0) if isinstance(parameters, dict) else 0
        passing = status in {TOO_MANY, CONFLICT} or status >= 500  # noqa: PLR2004 - the server's own trouble
        seconds = float(wait) if isinstance(wait, int | float) else 0.0
        words = f"telegram: {method}: {status} {said}"
        return NotTaken(words, said=said.lower(), permanent=not passing, retry_after_seconds=seconds, status=status)
