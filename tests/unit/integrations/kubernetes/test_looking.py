from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from lamplighter.integrations.kubernetes.looking import all_at, found_at, read, worst_first
from lamplighter.integrations.kubernetes.places import many, one
from lamplighter.ports import ToolError

PODS = many("pod", "shop")


def page(*names: str, token: str = "") -> bytes:
    items = [{"metadata": {"name": name}} for name in names]
    return json.dumps({"kind": "PodList", "metadata": {"continue": token}, "items": items}).encode()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"items": 1}', b"\xff", b"[" * 5000, b'"x"'])
def test_rubbish_names_what_was_asked(body: bytes) -> None:
    with pytest.raises(ToolError, match=r"GET /api/v1/namespaces/shop/pods\?limit=250: not what Kubernetes answers"):
        read(body, PODS)


def test_the_answer_about_another_thing_is_none() -> None:
    with pytest.raises(ToolError, match="it is not pod web-1"):
        read(b'{"metadata": {"name": "web-2"}}', one("pod", "shop", "web-1"))


async def test_pages_are_followed_as_far_as_allowed() -> None:
    async def ask(_path: str, params: Mapping[str, str]) -> bytes:
        return page("b", token="t") if "continue" in params else page("a", token="t")

    found = await found_at(ask, PODS, pages_max=2)
    assert [thing["metadata"]["name"] for thing in found.things] == ["a", "b"]
    assert found.more


async def test_one_failure_costs_only_itself() -> None:
    async def ask(path: str, _params: Mapping[str, str]) -> bytes:
        if "services" in path:
            raise ToolError("GET services: HTTP 403")
        return page("a")

    pods, services = await all_at(ask, (PODS, many("service", "shop")))
    assert (len(pods.things), pods.error) == (1, "")
    assert (services.things, services.error) == ((), "GET services: HTTP 403")


def test_the_worst_pods_come_first() -> None:
    well = {"kind": "Pod", "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    ill = {"kind": "Pod", "status": {}}
    assert worst_first([well, ill, well], 2) == (ill, well)
