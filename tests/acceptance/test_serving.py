"""The server as the lab's child: ready, asked, stopped, and told of where it cannot start."""

from __future__ import annotations

import pytest

from lamplighter.lab.monitoring import answers
from lamplighter.lab.premises import Premises
from lamplighter.lab.scenario import LabFailed
from lamplighter.lab.serving import Server
from lamplighter.lab.shop.layout import free_ports


def test_a_server_is_ready_empty_and_gone_after_it() -> None:
    with Premises() as premises:
        with Server(premises, {"server": {"port": free_ports(1)[0]}}) as server:
            assert server.incidents() == []
            assert server.memory_bytes() > 1024**2
            assert server.ready_seconds > 0
            with pytest.raises(LabFailed, match="404"):
                server.incident("INC-1")
        assert not answers(f"{server.url}/-/ready")


def test_a_server_that_cannot_start_is_told_with_its_own_words() -> None:
    with Premises() as premises, pytest.raises(LabFailed, match=r"(?s)serve ended with 2:.*colour"):
        Server(premises, {"server": {"port": free_ports(1)[0], "colour": "red"}})
