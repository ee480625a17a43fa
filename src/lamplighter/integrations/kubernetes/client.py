"""The cluster's REST API, read only and bounded. What the answers mean is decided elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlencode, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, field_validator, model_validator

from lamplighter.domain.redaction import redact
from lamplighter.integrations.fetching import Outward
from lamplighter.integrations.kubernetes.access import IN_CLUSTER, IN_CLUSTER_URL, Access, access_of, own_access
from lamplighter.integrations.kubernetes.objects import Listing, Thing, listed
from lamplighter.ports import ToolError

# A session asks one server for many lists, one after the other.
KEPT_CONNECTIONS = 1
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
ANSWER_BYTES_MAX = 8 * 1024 * 1024
ERROR_LETTERS_MAX = 300
Ask = Callable[[str, Mapping[str, str]], Awaitable[bytes]]


class KubernetesConfig(BaseModel):
    """`sources.kubernetes`: the API server, and a service account that may list; inside a cluster its own is used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(description="the API server")] = IN_CLUSTER_URL
    bearer_token: Annotated[SecretStr | None, Field(description="of a service account that may list")] = None
    ca_file: Annotated[FilePath | None, Field(description="the cluster's certificate authority")] = None
    kubeconfig: Annotated[FilePath | None, Field(description="instead of url, bearer_token and ca_file")] = None
    context: Annotated[str, Field(max_length=253, description="of the kubeconfig; empty: its current one")] = ""
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

    @model_validator(mode="after")
    def _is_reached_in_one_way(self) -> Self:
        if self.context and self.kubeconfig is None:
            raise ValueError("context needs kubeconfig")
        if self.kubeconfig is not None:
            given = self.model_fields_set & {"url", "bearer_token", "ca_file"}
            if given:
                raise ValueError(f"give kubeconfig or {' and '.join(sorted(given))}, not both")
            access_of(self.kubeconfig, self.context)
        return self


class Refused(ToolError):
    """The server answered, with an error."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class KubernetesClient:
    """One list after the other, each in pages, bounded in time, items and bytes, without redirects."""

    def __init__(self, config: KubernetesConfig, in_cluster: Path = IN_CLUSTER) -> None:
        self._config = config
        self._in_cluster = in_cluster
        self._url = config.url

    async def things(self) -> tuple[Thing, ...]:
        """Everything that is listed. Raises `ToolError` where any list cannot be had: half a cluster misleads."""
        paths = [path for resource, group in RESOURCES.items() for path in self._paths(group, resource)]
        async with self._session() as client:
            found: list[Thing] = []
            for path in paths:
                found.extend(await self._whole(client, path))
            return tuple(found)

    @asynccontextmanager
    async def asking(self, wait_seconds: float) -> AsyncIterator[Ask]:
        """A way to ask for single answers, each in `wait_seconds` or the configured time, whichever is less.

        Raises `ToolError`; asking raises it too, as a `Refused` where the server answered with an error.
        """
        wait_seconds = min(wait_seconds, self._config.timeout_seconds)

        async def ask(path: str, params: Mapping[str, str]) -> bytes:
            query = asked(path, params)
            async with self._bounded(query, f"no whole answer in {wait_seconds:g} s", wait_seconds):
                return await self._body(client, path, params, query, ANSWER_BYTES_MAX)

        async with self._session() as client:
            yield ask

    def _session(self) -> httpx.AsyncClient:
        try:
            # Tokens and certificates are renewed, so that they are read each time.
            access = self._access()
            self._url = access.url
            return httpx.AsyncClient(
                trust_env=False,
                follow_redirects=False,
                timeout=self._config.timeout_seconds,
                transport=Outward(access.trust(), keep=KEPT_CONNECTIONS),
                headers=_headers(access),
            )
        except (OSError, ValueError) as problem:
            raise ToolError(f"{self._url}: the token or a certificate cannot be used: {problem}") from problem

    def _access(self) -> Access:
        config = self._config
        if config.kubeconfig is not None:
            return access_of(config.kubeconfig, config.context)
        token = config.bearer_token.get_secret_value() if config.bearer_token else ""
        return own_access(config.url, token, config.ca_file, self._in_cluster)

    def _paths(self, group: str, resource: str) -> tuple[str, ...]:
        if not self._config.namespaces or resource in CLUSTER_WIDE:
            return (f"{group}/{resource}",)
        return tuple(f"{group}/namespaces/{name}/{resource}" for name in self._config.namespaces)

    async def _whole(self, client: httpx.AsyncClient, path: str) -> tuple[Thing, ...]:
        found: list[Thing] = []
        token = ""
        wait_seconds = self._config.timeout_seconds
        async with self._bounded(path, f"no whole list in {wait_seconds:g} s", wait_seconds):
            for _ in range(PAGES_MAX):
                page = await self._page(client, path, token)
                found.extend(page.things)
                token = page.token
                if not token:
                    return tuple(found)
        raise _failed(path, f"more than {PAGES_MAX * PAGE_ITEMS} items")

    @asynccontextmanager
    async def _bounded(self, query: str, late: str, wait_seconds: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(wait_seconds):
                yield
        except (TimeoutError, httpx.TimeoutException) as problem:
            raise _failed(query, late) from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise _failed(query, f"{self._url}: {type(problem).__name__}: {problem}") from problem

    async def _page(self, client: httpx.AsyncClient, path: str, token: str) -> Listing:
        params = {"limit": str(PAGE_ITEMS)} | ({"continue": token} if token else {})
        body = await self._body(client, path, params, path, PAGE_BYTES_MAX)
        try:
            return listed(body)
        except ValueError as problem:
            raise _failed(path, str(problem)) from problem

    async def _body(
        self, client: httpx.AsyncClient, path: str, params: Mapping[str, str], query: str, bytes_max: int
    ) -> bytes:
        body = bytearray()
        async with client.stream("GET", f"{self._url}{path}", params=params) as answer:
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > bytes_max:
                    raise _failed(query, f"the answer is larger than {bytes_max} bytes")
        if answer.status_code != httpx.codes.OK:
            said = bytes(body[: 4 * ERROR_LETTERS_MAX]).decode("utf-8", "replace")
            problem = _failed(query, f"HTTP {answer.status_code}: {said}")
            raise Refused(str(problem), answer.status_code)
        return bytes(body)


def asked(path: str, params: Mapping[str, str]) -> str:
    """The path with its parameters, as it is shown."""
    return f"{path}?{urlencode(params, safe='=,()!/')}" if params else path


def _headers(access: Access) -> dict[str, str]:
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    return {**headers, "authorization": f"Bearer {access.token}"} if access.token else headers


def _failed(query: str, problem: str) -> ToolError:
    return ToolError(f"GET {query}: {redact(problem)[:ERROR_LETTERS_MAX]}")
