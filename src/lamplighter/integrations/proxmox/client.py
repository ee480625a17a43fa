"""Proxmox VE's configuration and its HTTP API, read only. What an answer means is decided elsewhere."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from typing import Annotated, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, StringConstraints, field_validator

from lamplighter.domain.redaction import redact
from lamplighter.integrations.fetching import Outward, trust_of
from lamplighter.integrations.proxmox.resources import Resource, Settings
from lamplighter.ports import ToolError

API = "/api2/json"
ANSWER_BYTES_MAX = 8 * 1024 * 1024
ERROR_LETTERS_MAX = 300
REQUESTS_MAX = 4
UNAUTHORISED = 401
FORBIDDEN = 403
# Not in any standard: what pveproxy says where it cannot reach the node that a path belongs to.
NODE_AWAY = frozenset({595, 596, 599})
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")
_KIND = re.compile(r"lxc|qemu")
# Such as: Permission check failed (/vms/101, VM.Audit)
_MISSING = re.compile(r"\((/[\w./-]{0,80}), ([\w.|]{1,80})\)")
T = TypeVar("T")


class ProxmoxConfig(BaseModel):
    """`sources.proxmox`: any node of the cluster, and a token that may see: role PVEAuditor on / is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(description="any node of the cluster: https://pve1:8006")]
    token_id: Annotated[str, StringConstraints(pattern=r"^[^\s@!=]+@[^\s@!=]+![^\s@!=]+$")] = Field(
        description="user@realm!name of the API token"
    )
    token: Annotated[SecretStr, Field(description="the token's secret")]
    verify_tls: Annotated[bool, Field(description="false: take any certificate")] = True
    ca_file: Annotated[FilePath | None, Field(description="the authority that signed the node's certificate")] = None
    timeout_seconds: float = Field(default=10.0, gt=0, le=60, allow_inf_nan=False, description="for a whole answer")

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must begin with https:// and name a host: https://pve1:8006")
        return url.rstrip("/")


class NodeAway(ToolError):
    """The node that the question belongs to cannot be reached from the one that was asked."""


class ProxmoxClient:
    """At most four requests at once, each on its own connection, bounded in time and bytes, without redirects."""

    def __init__(self, config: ProxmoxConfig) -> None:
        self._config = config
        self._headers = {
            "accept": "application/json",
            "accept-encoding": "identity",
            "authorization": f"PVEAPIToken={config.token_id}={config.token.get_secret_value()}",
        }
        self._places = asyncio.Semaphore(REQUESTS_MAX)

    async def resources(self, wait_seconds: float | None = None) -> tuple[Resource, ...]:
        """Everything in the cluster that the token may see. Raises `ToolError` where that is nothing at all.

        Proxmox answers 200 with an empty list to a token without rights, which must never read as an empty cluster.
        """
        path = f"{API}/cluster/resources"
        found = await self._get(path, tuple[Resource, ...], wait_seconds=wait_seconds)
        if not any(resource.is_guest or resource.type == "node" for resource in found):
            raise ToolError(
                f"GET {path}: an empty list. The token can log in but sees nothing; on a node run: {self.grant('/')}"
            )
        return found

    async def look(self, path: str, params: Mapping[str, str], wait_seconds: float) -> object:
        """The data of any answer, of whatever shape; `path` is below the API. Raises `NodeAway`, `ToolError`."""
        return await self._get(asked(path, params), object, wait_seconds=wait_seconds)

    def grant(self, path: str) -> str:
        """The line that lets the token see what is below `path`, to be run on a node."""
        return f"pveum acl modify {path} --tokens '{self._config.token_id}' --roles PVEAuditor"

    async def settings(self, guest: Resource) -> Settings:
        """The configuration of one guest. Raises `NodeAway`, `ToolError`."""
        if not _NODE.fullmatch(guest.node) or not _KIND.fullmatch(guest.type):
            raise ToolError(f"{guest.id}: not a guest that can be asked for")
        return await self._get(f"{API}/nodes/{guest.node}/{guest.type}/{guest.vmid}/config", Settings)

    async def _get(self, path: str, shape: type[T], *, wait_seconds: float | None = None) -> T:
        wait_seconds = min(wait_seconds or self._config.timeout_seconds, self._config.timeout_seconds)
        try:
            async with self._places, asyncio.timeout(wait_seconds):
                status, reason, body = await self._fetch(path)
        except (TimeoutError, httpx.TimeoutException) as problem:
            raise _failed(path, f"no whole answer in {wait_seconds:g} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise _failed(path, f"{self._config.url}: {type(problem).__name__}: {problem}") from problem
        if status in NODE_AWAY:
            raise NodeAway(f"GET {path}: HTTP {status} {reason}: the node cannot be reached")
        if status != httpx.codes.OK:
            raise _failed(path, f"HTTP {status} {reason}{self._advice(status, reason)}")
        if len(body) > ANSWER_BYTES_MAX:
            raise _failed(path, f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
        return _decoded(path, body, shape)

    def _advice(self, status: int, reason: str) -> str:
        if status == UNAUTHORISED:
            return ": the token is wrong, expired or removed; make another with: pveum user token add"
        if status != FORBIDDEN:
            return ""
        missing = _MISSING.search(reason)
        words = f"it lacks {missing[2]} on {missing[1]}" if missing else "it needs the role PVEAuditor"
        return f": the token may not see this; {words}; on a node run: {self.grant(missing[1] if missing else '/')}"

    async def _fetch(self, path: str) -> tuple[int, str, bytes]:
        client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=self._config.timeout_seconds,
            transport=Outward(_trust(self._config)),
            headers=self._headers,
        )
        body = bytearray()
        async with client, client.stream("GET", f"{self._config.url}{path}") as answer:
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    break
            return answer.status_code, answer.reason_phrase, bytes(body)


def _trust(config: ProxmoxConfig) -> ssl.SSLContext:
    """The machine's authorities, or the one that the owner names: read anew, because it may be renewed."""
    if config.ca_file and config.verify_tls and config.url.startswith("https:"):
        return ssl.create_default_context(cafile=config.ca_file)
    return trust_of(config.url, verify=config.verify_tls)


def asked(path: str, params: Mapping[str, str]) -> str:
    """The whole path of a request, with its parameters."""
    return f"{API}{path}" + (f"?{urlencode(params)}" if params else "")


def _decoded(path: str, body: bytes, shape: type[T]) -> T:
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
        return msgspec.json.decode(envelope.data, type=shape, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _failed(path, f"not what Proxmox answers: {problem}") from problem


class _Envelope(msgspec.Struct):
    data: msgspec.Raw


def _failed(path: str, problem: str) -> ToolError:
    return ToolError(f"GET {path}: {redact(problem)[:ERROR_LETTERS_MAX]}")
