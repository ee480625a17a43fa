"""The cluster's REST API, lists only. What they mean is decided in objects.py and topology.py."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, field_validator

from lamplighter.domain.redaction import redact
from lamplighter.integrations.kubernetes.objects import Listing, Thing, listed
from lamplighter.ports import ToolError

IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
CORE = "/api/v1"
APPS = "/apis/apps/v1"
RESOURCES = {
    "nodes": CORE,
    "services": CORE,
    "deployments": APPS,
    "statefulsets": APPS,
    "daemonsets": APPS,
    "replicasets": APPS,
    "pods": CORE,
}
CLUSTER_WIDE = frozenset({"nodes"})
PAGE_ITEMS = 500
PAGES_MAX = 20
PAGE_BYTES_MAX = 32 * 1024 * 1024
ERROR_LETTERS_MAX = 300


class KubernetesConfig(BaseModel):
    """`sources.kubernetes`: the API server, and a service account that may list; inside a cluster its own is used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(description="the API server")] = "https://kubernetes.default.svc"
    bearer_token: Annotated[SecretStr | None, Field(description="of a service account that may list")] = None
    ca_file: Annotated[FilePath | None, Field(description="the cluster's certificate authority")] = None
    namespaces: Annotated[list[str], Field(max_length=50, description="only these; empty: all")] = []
    timeout_seconds: float = Field(default=8.0, gt=0, le=60, allow_inf_nan=False, description="for one whole list")

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must begin with https:// and name a host: https://10.0.0.1:6443")
        return url.rstrip("/")

    @field_validator("namespaces")
    @classmethod
    def _are_names(cls, names: list[str]) -> list[str]:
        wrong = [name for name in names if not name.replace("-", "").isalnum()]
        if wrong:
            raise ValueError(f'"{wrong[0]}" is not the name of a namespace')
        return names


class KubernetesClient:
    """One list after the other, each in pages, bounded in time, items and bytes, without redirects."""

    def __init__(self, config: KubernetesConfig) -> None:
        self._config = config

    async def things(self) -> tuple[Thing, ...]:
        """Everything that is listed. Raises `ToolError` where any list cannot be had: half a cluster misleads."""
        paths = [path for resource, group in RESOURCES.items() for path in self._paths(group, resource)]
        async with httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=self._config.timeout_seconds,
            verify=_trust(self._config),
            headers=self._headers(),
        ) as client:
            found: list[Thing] = []
            for path in paths:
                found.extend(await self._whole(client, path))
            return tuple(found)

    def _paths(self, group: str, resource: str) -> tuple[str, ...]:
        if not self._config.namespaces or resource in CLUSTER_WIDE:
            return (f"{group}/{resource}",)
        return tuple(f"{group}/namespaces/{name}/{resource}" for name in self._config.namespaces)

    def _headers(self) -> dict[str, str]:
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        token = self._config.bearer_token.get_secret_value() if self._config.bearer_token else _own_token()
        return {**headers, "authorization": f"Bearer {token}"} if token else headers

    async def _whole(self, client: httpx.AsyncClient, path: str) -> tuple[Thing, ...]:
        found: list[Thing] = []
        token = ""
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                for _ in range(PAGES_MAX):
                    page = await self._page(client, path, token)
                    found.extend(page.things)
                    token = page.token
                    if not token:
                        return tuple(found)
        except (TimeoutError, httpx.TimeoutException) as problem:
            raise _failed(path, f"no whole list in {self._config.timeout_seconds:g} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise _failed(path, f"{self._config.url}: {type(problem).__name__}: {problem}") from problem
        raise _failed(path, f"more than {PAGES_MAX * PAGE_ITEMS} items")

    async def _page(self, client: httpx.AsyncClient, path: str, token: str) -> Listing:
        params = {"limit": str(PAGE_ITEMS)} | ({"continue": token} if token else {})
        body = bytearray()
        async with client.stream("GET", f"{self._config.url}{path}", params=params) as answer:
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > PAGE_BYTES_MAX:
                    raise _failed(path, f"the answer is larger than {PAGE_BYTES_MAX} bytes")
        if answer.status_code != httpx.codes.OK:
            said = bytes(body[: 4 * ERROR_LETTERS_MAX]).decode("utf-8", "replace")
            raise _failed(path, f"HTTP {answer.status_code}: {said}")
        try:
            return listed(bytes(body))
        except ValueError as problem:
            raise _failed(path, str(problem)) from problem


def _trust(config: KubernetesConfig) -> ssl.SSLContext:
    if not config.url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own = IN_CLUSTER / "ca.crt"
    return ssl.create_default_context(cafile=config.ca_file or (own if own.is_file() else None))


def _own_token() -> str:
    """The token of the service account that a pod runs as; it is renewed, so it is read each time."""
    path = IN_CLUSTER / "token"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _failed(path: str, problem: str) -> ToolError:
    return ToolError(f"GET {path}: {redact(problem)[:ERROR_LETTERS_MAX]}")
