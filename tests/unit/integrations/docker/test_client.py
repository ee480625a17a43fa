from __future__ import annotations

import pytest
import requests
from pydantic import ValidationError

from lamplighter.integrations.docker.client import BadAnswer, DockerConfig, _sent, _words


def wrapped(cause: Exception) -> requests.RequestException:
    problem = requests.ConnectionError(cause)
    problem.__cause__ = cause
    return problem


@pytest.mark.parametrize("host", ["", "docker.sock", "ssh://root@host", "npipe:////./pipe/docker", "unix://relative"])
def test_a_host_of_another_kind_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        DockerConfig(host=host)


@pytest.mark.parametrize("seconds", [0, -1, 1000, float("nan"), float("inf")])
def test_a_timeout_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ValidationError):
        DockerConfig(timeout_seconds=seconds)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError):
        DockerConfig.model_validate({"hosts": "unix:///x"})


@pytest.mark.parametrize("cause", [ConnectionRefusedError(111, "refused"), FileNotFoundError(2, "no file")])
def test_what_could_not_connect_was_not_sent(cause: Exception) -> None:
    assert not _sent(wrapped(cause))


@pytest.mark.parametrize(
    "cause", [ConnectionResetError(104, "reset"), TimeoutError("late"), BrokenPipeError(32, "pipe")]
)
def test_what_broke_later_may_have_been_sent(cause: Exception) -> None:
    assert _sent(wrapped(cause))


def test_the_innermost_reason_is_told() -> None:
    assert (
        _words(wrapped(FileNotFoundError(2, "No such file or directory")), 1.0) == "[Errno 2] No such file or directory"
    )
    assert _words(requests.ReadTimeout("late"), 2.5) == "no answer within 2.5 s"


def test_an_error_status_is_a_sure_failure() -> None:
    answer = BadAnswer("HTTP 404: no", 404)
    assert (answer.status, answer.unsure) == (404, False)
