from __future__ import annotations

from lamplighter.integrations.host.client import HostConfig, Hosts
from lamplighter.integrations.host.inventory import Machines

NAS = {"name": "nas", "user": "lamp", "key_file": "/key"}


async def test_machines_are_components_by_their_configured_names() -> None:
    one = Hosts(HostConfig.model_validate({"hosts": [NAS]}))
    parts = await Machines(one).components()
    assert [(part.kind, part.name) for part in parts] == [("host", one.local.name), ("host", "nas")]
