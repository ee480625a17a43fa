"""The library's files come from us alone, packed once, and are kept by the browser; nothing else is given out."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import httpx
import nicegui
import pytest
from fastapi import FastAPI

from lamplighter.web.console.door import FILES, SOCKET, routes

STATIC = f"/_nicegui/{nicegui.__version__}/static"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    api = FastAPI()
    api.router.routes.extend(routes())
    transport = httpx.ASGITransport(app=api)
    async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as made:
        yield made


@pytest.mark.parametrize("file", ["vue.esm-browser.prod.js", "quasar.umd.prod.js", "nicegui.css"])
async def test_a_file_is_the_same_packed_and_unpacked_and_is_kept(client: httpx.AsyncClient, file: str) -> None:
    for _ in range(2):
        packed = await client.get(f"{STATIC}/{file}", headers={"accept-encoding": "gzip"})
        plain = await client.get(f"{STATIC}/{file}", headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
        assert int(packed.headers["content-length"]) < len(gzip.compress(plain.content, 1)) * 1.1
        for answer in (packed, plain):
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-type"].startswith("text/")


@pytest.mark.parametrize(
    "path", [f"{STATIC}/nothing.js", f"{STATIC}/../client.py", "/_nicegui/x/y", f"{STATIC}/..%2f..%2fclient.py"]
)
async def test_nothing_but_its_files_is_given_out(client: httpx.AsyncClient, path: str) -> None:
    for encoding in ("gzip", "identity"):
        answer = await client.get(path, headers={"accept-encoding": encoding})
        assert answer.status_code == 404
        assert "immutable" not in answer.headers.get("cache-control", "")
        assert "import" not in answer.text.partition("<script")[0]


async def test_files_are_read_and_nothing_is_sent_to_them(client: httpx.AsyncClient) -> None:
    assert (await client.post(f"{STATIC}/nicegui.css")).status_code == 405
    assert [route.path for route in routes()] == [FILES, SOCKET]  # type: ignore[attr-defined] # both have one
