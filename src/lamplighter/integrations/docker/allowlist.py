"""The only requests that may ever reach a Docker engine; a pure decision, so nothing here sends anything."""

from __future__ import annotations

import json
import re

from lamplighter.ports import ToolError

CONTAINER_ID = re.compile(r"[0-9a-f]{12,64}")
_VERSION = r"(?:/v1\.[0-9]{1,3})?"
_CONTAINER = rf"/containers/{CONTAINER_ID.pattern}"
_READS = re.compile(
    rf"{_VERSION}(?:/_ping|/version|/info|/system/df|/events|/containers/json|{_CONTAINER}/(?:json|logs|stats))"
)
_CHANGES = re.compile(rf"{_VERSION}{_CONTAINER}/(restart|start|stop|update)")
UPDATE_KEYS = frozenset({"Memory", "MemorySwap"})
BODY_BYTES_MAX = 256


class ForbiddenEndpoint(ToolError):
    """A request that is not on the list. It was not sent."""


def check_request(method: str, path: str, body: bytes) -> None:
    """Return where the request is on the list; raise `ForbiddenEndpoint` where it is not.

    `path` is the raw path of the URL without its query: an escaped or dotted path does not match, and so is refused.
    """
    if method == "GET" and _READS.fullmatch(path) and not body:
        return
    change = _CHANGES.fullmatch(path) if method == "POST" else None
    if change is None:
        raise ForbiddenEndpoint(f"{method} {path} is not on the list of Docker endpoints that I may use")
    if change.group(1) == "update":
        _check_update(path, body)
    elif body:
        raise ForbiddenEndpoint(f"{method} {path} must have no body")


def _check_update(path: str, body: bytes) -> None:
    try:
        wanted: object = json.loads(body) if len(body) <= BODY_BYTES_MAX else None
    except ValueError:
        wanted = None
    # Go reads keys without regard to case and ignores what it does not know, so keys are compared exactly as written.
    plain = isinstance(wanted, dict) and bool(wanted) and wanted.keys() <= UPDATE_KEYS
    if isinstance(wanted, dict) and plain and all(type(value) is int for value in wanted.values()):
        return
    raise ForbiddenEndpoint(f"POST {path} may set {' and '.join(sorted(UPDATE_KEYS))} to whole numbers only")
