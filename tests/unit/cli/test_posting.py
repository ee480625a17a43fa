"""Sending the bodies of a stream to a server, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.cli.output import Code, Stop
from lamplighter.cli.posting import post
from lamplighter.lab.replay_stream import Broken, ClosedByHand, Recorded

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Fake

PATH = "/api/v1/alerts/alertmanager"
TAKEN = {"received": 2, "dead_letters": 1, "truncated": 3, "status": "accepted"}


def bodies(number: int) -> list[Recorded]:
    return [Recorded(line, "alertmanager", b"%d" % line, headers={"ce-id": "7"}) for line in range(1, number + 1)]


def test_every_body_is_sent_in_order_with_its_headers(fake: Fake) -> None:
    fake.says("POST", PATH, TAKEN, status=202)
    posted = post(fake.client, iter(bodies(3)))
    assert [asked.body for asked in fake.asked] == [b"1", b"2", b"3"]
    assert {asked.headers["ce-id"] for asked in fake.asked} == {"7"}
    assert (posted.bodies, posted.accepted, posted.alerts, posted.dead_letters) == (3, 3, 6, 3)
    assert "3 of 3 bodies were taken: 6 alerts, 3 that could not be read" in posted.lines()[0]


def test_what_is_refused_or_cannot_be_sent_is_said_and_the_rest_is_sent(fake: Fake) -> None:
    fake.problem("POST", PATH, 400, "alerts: is missing")
    fake.answers["POST", PATH].append((202, TAKEN))
    aside = [Broken(2, "is broken"), ClosedByHand(3, {}, "x"), Recorded(4, "", b"{}")]
    posted = post(fake.client, iter([*bodies(1), *aside, Recorded(5, "alertmanager", b"5")]))
    assert [one["line"] for one in posted.refused] == [1, 2, 3, 4]
    assert (posted.bodies, posted.accepted, posted.skipped) == (2, 1, 4)
    assert "alerts: is missing" in posted.refused[0]["reason"]


def test_a_server_without_room_is_asked_again(fake: Fake) -> None:
    fake.answers["POST", PATH] = [(503, {"detail": "full", "fix": "wait"}), (202, TAKEN)]
    assert post(fake.client, iter(bodies(1)), wait_seconds=0.0).accepted == 1


@pytest.mark.parametrize(("status", "code"), [(401, Code.NOT_ALLOWED), (503, Code.FAILED)])
def test_a_server_that_does_not_take_it_stops_with_the_line(fake: Fake, status: int, code: Code) -> None:
    fake.problem("POST", PATH, status, "no")
    with pytest.raises(Stop, match="line 1: no") as stopped:
        post(fake.client, iter(bodies(3)), wait_seconds=0.0)
    assert stopped.value.code is code


def test_what_is_not_listed_is_counted(fake: Fake) -> None:
    posted = post(fake.client, (Broken(number, "x") for number in range(80)))
    assert posted.skipped == 80
    assert posted.lines()[-1] == "  and 30 lines more"
