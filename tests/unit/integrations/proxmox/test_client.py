from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.proxmox.client import ProxmoxClient, ProxmoxConfig
from lamplighter.integrations.proxmox.resources import Resource
from lamplighter.ports import ToolError

GOOD = {"url": "https://pve1:8006/", "token_id": "on@pve!call", "token": "secret"}


def test_the_token_is_not_shown_and_the_url_has_no_end() -> None:
    config = ProxmoxConfig.model_validate(GOOD)
    assert "secret" not in repr(config)
    assert config.url == "https://pve1:8006"


@pytest.mark.parametrize(
    "more",
    [
        {"url": "pve1:8006"},
        {"token_id": "on@pve"},
        {"token_id": "on!call"},
        {"token_id": "on@pve!call=x"},
        {"token_id": "on@pve!call\nx: y"},
        {"timeout_seconds": 0},
        {"ca_file": "/no/such/file"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_what_cannot_work_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ProxmoxConfig.model_validate({**GOOD, **more})


@pytest.mark.parametrize("node", ["", "../../access", "pve1/lxc", "a b"])
async def test_a_node_of_an_odd_name_is_not_asked(node: str) -> None:
    client = ProxmoxClient(ProxmoxConfig.model_validate(GOOD))
    with pytest.raises(ToolError, match="not a guest"):
        await client.settings(Resource("lxc/1", "lxc", node, 1))
