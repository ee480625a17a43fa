"""A push says how urgent it is, fits on a lock screen, and has at most three buttons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lamplighter.domain.message import Button, Press
from lamplighter.domain.pushing import label_of, presses_of
from lamplighter.integrations.ntfy import NtfyConfig
from lamplighter.integrations.ntfy.channel import NtfyChannel, priority
from lamplighter.integrations.ntfy.simulator import SimulatedNtfy, simulated_ntfy
from lamplighter.integrations.publishing import Publisher
from lamplighter.ports import Surroundings
from lamplighter.testing import FakeClock, FakeSamples
from tests.unit.domain.letters import ALL

GOLDEN = Path(__file__).parents[3] / "golden" / "messages"


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [("ask", 5), ("needs_you", 5), ("expired", 5), ("detected", 5), ("blind", 4), ("resolved", 3), ("digest", 3)],
)
def test_a_push_says_how_urgent_it_is(moment: str, wanted: int) -> None:
    assert priority(ALL[moment]) == wanted


def test_what_is_new_and_not_critical_is_less_urgent_and_what_is_quiet_least() -> None:
    assert priority(replace(ALL["detected"], severity="warning")) == 4
    assert priority(replace(ALL["ask"], loud=False)) == 2
    assert priority(replace(ALL["digest"], loud=False)) == 3


async def test_a_push_has_a_title_a_link_and_at_most_three_buttons() -> None:
    around = Surroundings(FakeClock(), (), FakeSamples(), lambda token: f"http://ops.lan/act/{token}")
    buttons = tuple(Button(press, str(press), f"token-{press}") for press in Press)
    with simulated_ntfy() as server:
        channel = NtfyChannel(Publisher("ntfy", 5), server.url, "ops", "ntfy:alex", around)
        assert await channel.send(replace(ALL["ask"], buttons=buttons))
    (push,) = server.published
    assert push["title"].endswith("INC-142 · 4 min")
    assert push["title"] not in push["message"]
    assert push["click"] == ALL["ask"].url
    assert [one["url"] for one in push["actions"]] == [
        f"http://ops.lan/act/token-{press}" for press in ("approve", "deny", "snooze")
    ]
    assert push["click"] not in push["message"]


def made(server: SimulatedNtfy, *, in_place: bool = True) -> NtfyChannel:
    around = Surroundings(FakeClock(), (), FakeSamples(), lambda token: f"http://ops.lan/act/{token}")
    return NtfyChannel(Publisher("ntfy", 30), server.url, "ops", "ntfy:alex", around, in_place=in_place)


async def test_what_makes_no_sound_changes_what_stands() -> None:
    with simulated_ntfy() as server:
        channel = made(server)
        assert channel.can.edits is False
        first = await channel.send(ALL["detected"])
        assert channel.can.edits is True
        assert await channel.send(replace(ALL["running"], loud=False, update=True, replaces=first)) == first
        (shown,) = server.shown.values()
    assert "Fixing" in shown["title"]
    assert [one["priority"] for one in server.published] == [5, 2]


async def test_what_must_be_heard_is_put_anew_and_the_earlier_one_goes() -> None:
    with simulated_ntfy() as server:
        channel = made(server)
        first = await channel.send(ALL["detected"])
        second = await channel.send(replace(ALL["ask"], replaces=first))
        assert second != first
        assert server.taken_away == [first]
        assert [one["title"] for one in server.shown.values()] == [server.published[-1]["title"]]


async def test_a_second_delivery_of_one_message_takes_the_place_of_the_first() -> None:
    with simulated_ntfy() as server:
        for _ in range(2):
            await made(server).send(ALL["ask"])
        assert len(server.published) == 2
        assert len(server.shown) == 1


async def test_a_server_that_knows_no_sequences_is_told_as_ever() -> None:
    with simulated_ntfy(SimulatedNtfy(sequences=False)) as server:
        channel = made(server)
        assert await channel.send(ALL["detected"]) == "m1"
        assert channel.can.edits is False
        assert await channel.send(replace(ALL["ask"], replaces="m1")) == "m2"
        assert server.taken_away == []


async def test_where_phones_cannot_change_it_nothing_is_changed() -> None:
    with simulated_ntfy() as server:
        channel = made(server, in_place=False)
        assert await channel.send(ALL["detected"]) == "m1"
        assert channel.can.edits is False
    assert "sequence_id" not in server.published[0]


async def test_news_is_delivered_also_where_the_earlier_one_cannot_be_taken_away() -> None:
    with simulated_ntfy() as server:
        assert await made(server).send(replace(ALL["ask"], replaces="../m 1"))
        assert len(server.published) == 1
        assert server.taken_away == []


@pytest.mark.parametrize("moment", sorted(ALL))
async def test_a_push_with_its_buttons_is_as_its_golden_file(moment: str) -> None:
    message = ALL[moment]
    with simulated_ntfy() as server:
        channel = made(server)
        presses = presses_of(message, replies=channel.can.replies)[: channel.can.buttons_max]
        await channel.send(
            replace(message, buttons=tuple(Button(press, label_of(press, message), f"t-{press}") for press in presses))
        )
    (push,) = server.published
    buttons = " ".join(f"[{one['label']}]" for one in push["actions"])
    lines = [push["title"], push["message"], *([buttons] if buttons else [])]
    assert "\n".join(lines) + "\n" == (GOLDEN / f"{moment}.ntfy").read_text(encoding="utf-8")
    assert len(push["actions"]) <= 3


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
