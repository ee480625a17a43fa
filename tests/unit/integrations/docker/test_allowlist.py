from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.integrations.docker.allowlist import ForbiddenEndpoint, check_request

KEY = "1f" * 32


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/_ping", b""),
        ("GET", "/version", b""),
        ("GET", "/v1.41/info", b""),
        ("GET", "/v1.41/containers/json", b""),
        ("GET", f"/v1.41/containers/{KEY}/json", b""),
        ("GET", f"/v1.41/containers/{KEY[:12]}/logs", b""),
        ("GET", f"/v1.41/containers/{KEY}/stats", b""),
        ("GET", "/v1.41/events", b""),
        ("GET", "/v1.41/system/df", b""),
        ("POST", f"/v1.41/containers/{KEY}/restart", b""),
        ("POST", f"/v1.41/containers/{KEY}/start", b""),
        ("POST", f"/v1.41/containers/{KEY}/stop", b""),
        ("POST", f"/v1.41/containers/{KEY}/update", b'{"Memory":1,"MemorySwap":-1}'),
    ],
)
def test_what_lamplighter_needs_is_on_the_list(method: str, path: str, body: bytes) -> None:
    check_request(method, path, body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"/v1.41/containers/{KEY}/exec", b"{}"),
        ("POST", "/v1.41/exec/abc/start", b"{}"),
        ("POST", "/v1.41/containers/create", b"{}"),
        ("POST", "/v1.41/build", b""),
        ("POST", f"/v1.41/containers/{KEY}/kill", b""),
        ("POST", f"/v1.41/containers/{KEY}/attach", b""),
        ("DELETE", f"/v1.41/containers/{KEY}", b""),
        ("PUT", f"/v1.41/containers/{KEY}/archive", b""),
        ("GET", f"/v1.41/containers/{KEY}/archive", b""),
        ("GET", f"/v1.41/containers/{KEY}/export", b""),
        ("GET", "/v1.41/images/json", b""),
        ("GET", "/v1.41/system", b""),
        ("GET", "/v1.41/system/df/", b""),
        ("GET", "/v1.41/system/df/../../containers/create", b""),
        ("GET", "/v1.41/system/df", b"{}"),
        ("POST", "/v1.41/system/df", b""),
        ("POST", "/v1.41/system/prune", b""),
        ("POST", "/v1.41/info", b""),
        ("POST", "/v1.41/containers/json", b""),
        ("POST", "/v1.41/images/prune", b""),
        ("HEAD", "/_ping", b""),
        ("get", "/_ping", b""),
        ("POST", "/v1.41/containers/store/restart", b""),
        ("POST", f"/v1.41/containers/{KEY.upper()}/restart", b""),
        ("POST", f"/v1.41/containers/{KEY}0/restart", b""),
        ("POST", f"/v1.41/containers/{KEY[:11]}/restart", b""),
        ("POST", f"/v1.41/containers/{KEY}/restart/", b""),
        ("POST", f"/v1.41/containers/{KEY}/restart\n", b""),
        ("POST", f"/v1.41/containers/{KEY}/../create/restart", b""),
        ("POST", f"/v1.41//containers/{KEY}/restart", b""),
        ("POST", f"/v1.41/containers/{KEY}%2frestart", b""),
        ("POST", f"/v1.41/containers/{KEY}/start", b'{"Privileged":true}'),
        ("POST", f"/v1.41/containers/{KEY}/update", b""),
        ("POST", f"/v1.41/containers/{KEY}/update", b"{}"),
        ("POST", f"/v1.41/containers/{KEY}/update", b"[]"),
        ("POST", f"/v1.41/containers/{KEY}/update", b"not json"),
        ("POST", f"/v1.41/containers/{KEY}/update", b'{"Memory":1,"CpuShares":2}'),
        ("POST", f"/v1.41/containers/{KEY}/update", b'{"memory":1}'),
        ("POST", f"/v1.41/containers/{KEY}/update", b'{"Memory":"1"}'),
        ("POST", f"/v1.41/containers/{KEY}/update", b'{"Memory":true}'),
        ("POST", f"/v1.41/containers/{KEY}/update", b'{"Memory":1}' + b" " * 300),
        ("GET", "/v1.41/containers/json", b"x"),
    ],
)
def test_anything_else_is_refused(method: str, path: str, body: bytes) -> None:
    with pytest.raises(ForbiddenEndpoint) as caught:
        check_request(method, path, body)
    assert not caught.value.unsure


@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]), st.text(max_size=80), st.binary(max_size=40))
def test_no_path_made_by_chance_gets_through(method: str, path: str, body: bytes) -> None:
    with pytest.raises(ForbiddenEndpoint):
        check_request(method, f"/x{path}", body)
