"""Ids and tokens that the command line sends, judged before anything is sent."""

from __future__ import annotations

import pytest

from lamplighter.cli.client import Client, named
from lamplighter.cli.output import Code, Stop


@pytest.mark.parametrize("good", ["INC-1", "INC-142-9c1f02ab", "inc.1"])
def test_an_id_is_taken_as_it_is(good: str) -> None:
    assert named("incident", good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "",
        ".",
        "..",
        "../x",
        "INC-1/timeline",
        "INC-1?x",
        "INC-1#",
        "-rf",
        "a b",
        "x;y",
        "INC-1\n",
        "é",
        "a" * 81,
        "%2e",
    ],
)
def test_what_could_lead_elsewhere_is_wrong_usage(bad: str) -> None:
    with pytest.raises(Stop) as stopped:
        named("incident", bad)
    assert stopped.value.code is Code.USAGE


@pytest.mark.parametrize("token", ["", " ", "two words", "new\nline", "é", "x\x00"])
def test_a_token_that_no_header_can_bear_is_not_sent(token: str) -> None:
    with pytest.raises(Stop, match="token") as stopped:
        Client("http://127.0.0.1:9", token).get("/x", holds="x")
    assert stopped.value.code is Code.NOT_ALLOWED
