from __future__ import annotations

import xmlrpc.client

import pytest
from pydantic import ValidationError

from lamplighter.integrations.supervisor.client import SupervisorConfig, SupervisorFault, _loaded
from lamplighter.ports import ToolError


@pytest.mark.parametrize("url", ["", "127.0.0.1:9001", "https://host:9001", "file:///etc/passwd", "unix://relative"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        SupervisorConfig(url=url)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("unix:///run/supervisor.sock", True),
        ("http://127.0.0.1:9001", True),
        ("http://localhost:9001", True),
        ("http://10.0.0.7:9001", False),
        ("http://127.0.0.1.example.org:9001", False),
    ],
)
def test_only_this_machine_is_local(url: str, *, local: bool) -> None:
    assert SupervisorConfig(url=url).local is local


def test_the_password_is_not_shown() -> None:
    assert "hunter2" not in repr(SupervisorConfig.model_validate({"password": "hunter2"}))


def test_control_letters_of_a_log_do_not_break_the_answer() -> None:
    answer = xmlrpc.client.dumps(("red \x1b[31m\x00 end\n",), methodresponse=True).encode()
    assert _loaded("q", answer) == "red ?[31m? end\n"


def test_a_fault_is_a_sure_no_with_its_name() -> None:
    answer = xmlrpc.client.dumps(xmlrpc.client.Fault(10, "BAD_NAME: gone:gone")).encode()
    with pytest.raises(SupervisorFault) as caught:
        _loaded("supervisor.startProcess('gone:gone')", answer)
    assert caught.value.name == "BAD_NAME"
    assert not caught.value.unsure
    assert "startProcess" in str(caught.value)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b"<methodResponse/>", b"\xff\xfe", b"<a/>"])
def test_an_answer_that_is_not_xml_rpc_leaves_the_outcome_open(answer: bytes) -> None:
    with pytest.raises(ToolError) as caught:
        _loaded("q", answer)
    assert caught.value.unsure
