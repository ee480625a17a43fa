"""A push says how urgent it is, fits on a lock screen, and has at most three buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.message import Button, Press
from lamplighter.integrations.ntfy import NtfyConfig
from lamplighter.integrations.ntfy.channel import NtfyChannel, priority
from lamplighter.integrations.ntfy.simulator import simulated_ntfy
from lamplighter.integrations.publishing import Publisher
from lamplighter.ports import Surroundings
from lamplighter.testing import FakeClock, FakeSamples
from tests.unit.domain.letters import ALL


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [("ask", 5), ("needs_you", 5), ("expired", 5), ("detected", 5), ("blind", 4), ("resolved", 3), ("digest", 3)],
)
def test_a_push_says_how_urgent_it_is(moment: str, wanted: int) -> None:
    assert priority(ALL[moment]) == wanted


def test_what_is_new_and_not_critical_is_less_urgent_and_what_is_quiet_least() -> None:
    assert priority(replace(ALL["detected"], severity="warning")) == 4
    assert priority(replace(ALL["ask"], loud=False)) == 3


async def test_a_push_has_a_title_a_link_and_at_most_three_buttons() -> None:
    around = Surroundings(FakeClock(), (), FakeSamples(), lambda token: f"http://ops.lan/act/{token}")
    buttons = tuple(Button(press, str(press), f"token-{press}") for press in Press)
    with simulated_ntfy() as server:
        channel = NtfyChannel(Publisher("ntfy", 5), server.url, "ops", "ntfy:alex", around)
        assert await channel.send(replace(ALL["ask"], buttons=buttons)) == "m1"
    (push,) = server.published
    assert push["title"].endswith("INC-142 · 4 min")
    assert push["title"] not in push["message"]
    assert push["click"] == ALL["ask"].url
    assert [one["url"] for one in push["actions"]] == [
        f"http://ops.lan/act/token-{press}" for press in ("approve", "deny", "snooze")
    ]


@pytest.mark.parametrize(
    "bad", [{"topic": "a/b"}, {"topic": ""}, {"topic": "x", "url": "ntfy.sh"}, {"topic": "x", "approver": "<b>"}]
)
def test_what_is_no_topic_server_or_name_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"topic|url|approver"):
        NtfyConfig.model_validate(bad)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "http://ntfy.lan"}, ("approver", "ntfy.token")),
        ({"url": "https://ntfy.sh", "token": "tk_x"}, ("approver", "ntfy.url")),
        ({"url": "https://NTFY.sh.:443", "token": "tk_x"}, ("approver", "ntfy.url")),
        ({"token": "tk_x"}, ("approver", "ntfy.url")),
    ],
)
def test_an_approver_needs_a_topic_that_nobody_else_can_read(given: dict[str, str], words: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=words[0]) as caught:
        NtfyConfig.model_validate({"topic": "ops", "approver": "alex", **given})
    assert words[1] in str(caught.value)
    assert NtfyConfig.model_validate({"topic": "ops", **given})


def test_a_server_of_ones_own_with_a_token_may_have_an_approver() -> None:
    config = {"url": "http://ntfy.lan", "topic": "ops", "token": "tk_x", "approver": "alex"}
    assert NtfyConfig.model_validate(config).approver == "alex"
