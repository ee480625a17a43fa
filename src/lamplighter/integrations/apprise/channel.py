"""Tells people through the library Apprise, in a thread with a deadline. Which URLs it may have is not decided here."""

from __future__ import annotations

import asyncio
import json
import threading
import warnings
from concurrent.futures import Future
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from lamplighter.domain.markup import body_markdown, body_text, first_line
from lamplighter.domain.message import Kind, Message
from lamplighter.integrations.apprise.allowing import HOSTED
from lamplighter.integrations.fetching import why_not_reached
from lamplighter.ports import Abilities, ChannelError

if TYPE_CHECKING:
    from apprise import Apprise

THREADS_MAX = 2
# The least that chats take in one piece, and that a JSON of ASCII holds: what is longer is split, or attached.
TRIES = (1_800, 900)
JSON_CHARS_MAX = 6_000
MAIL = frozenset({"mailto", "mailtos", "ses", "mailgun", "sendgrid", "postmark", "brevo", "resend", "smtp2go", "o365"})
_TYPES = {Kind.RESOLVED: "success", Kind.SEES_AGAIN: "success", Kind.RUNNING: "info", Kind.DIGEST: "info"}


class AppriseChannel:
    """One URL. A thread that hangs is left alone; with THREADS_MAX of them nothing more is begun."""

    can = Abilities()

    def __init__(self, name: str, url: str, timeout_seconds: float) -> None:
        self.name = name
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._is_mail = url.partition(":")[0].lower() in MAIL
        self._places = threading.BoundedSemaphore(THREADS_MAX)

    async def send(self, message: Message) -> str:
        """Deliver; Apprise gives no ids, so the message's own key is returned. Raises `ChannelError`."""
        if not self._places.acquire(blocking=False):
            raise ChannelError(f"{self.name}: {THREADS_MAX} earlier messages still hang", permanent=False)
        done: Future[bool] = Future()
        threading.Thread(target=self._run, args=(message, done), name=self.name, daemon=True).start()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                taken = await asyncio.wrap_future(done)
        except TimeoutError as problem:
            raise ChannelError(f"{self.name}: no answer in {self._timeout_seconds:g} s", permanent=False) from problem
        if not taken:
            raise ChannelError(f"{self.name}: the service did not take the message", permanent=False)
        return message.key

    def _run(self, message: Message, done: Future[bool]) -> None:
        done.set_running_or_notify_cancel()
        try:
            taken = self._notify(message)
        except ChannelError as problem:
            done.set_exception(problem)
        except Exception as problem:  # noqa: BLE001 - whatever the library breaks on is a message that was not delivered
            # Its words may hold the URL, which is a secret.
            done.set_exception(ChannelError(f"{self.name}: {type(problem).__name__}", permanent=False))
        else:
            done.set_result(taken)
        finally:
            self._places.release()

    def _notify(self, message: Message) -> bool:
        kind = "failure" if message.severity == "critical" else "warning"
        service = _built(self._url)
        if self._url.partition(":")[0].lower() in HOSTED:
            for host in _hosts(service):
                if why := why_not_reached(host):
                    raise ChannelError(f"{self.name}: {why}", permanent=False)
        return bool(
            service.notify(
                title=first_line(message),
                body=body_markdown(message) if self._is_mail else _text(message),
                body_format="markdown" if self._is_mail else "text",
                notify_type=_TYPES.get(message.kind, kind),
            )
        )


def _text(message: Message) -> str:
    long = body_text(message, TRIES[0])
    return long if len(json.dumps(long)) <= JSON_CHARS_MAX else body_text(message, TRIES[1])


def understood(url: str) -> str:
    """Empty where Apprise can read the URL; otherwise what to do."""
    return "" if len(_built(url)) else "Apprise cannot read it; see the service's page in Apprise's manual"


def _built(url: str) -> Apprise:
    library = _library()
    asset = library.AppriseAsset(storage_mode="memory", http_redirects=False, async_mode=False)
    told: Apprise = library.Apprise(asset=asset)
    # A list, because Apprise splits a text at commas, and what follows one could be of any scheme.
    told.add([url])
    return told


def _hosts(service: Apprise) -> list[str]:
    """What it will connect to, as far as it says; a mail server may have another name than the mail's domain."""
    named = (getattr(plugin, "smtp_host", "") or getattr(plugin, "host", "") for plugin in service)
    return [host.strip("[]") for host in named if isinstance(host, str) and host]


@cache
def _library() -> ModuleType:
    # It costs a quarter of a second to import, which nobody pays who does not use it.
    with warnings.catch_warnings():
        # Its modules ask for parts of Python that will go; that is the library's matter, and no user's.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415 - see above

        apprise.Apprise.instantiate("ntfy://localhost/x")
    return apprise
