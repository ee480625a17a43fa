from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from lamplighter.domain.quiet import Dated
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.integrations.alertmanager.silences import AlertmanagerSilences
from lamplighter.ports import ToolError
from lamplighter.testing import NOON

HOUR = timedelta(hours=1)
OURS = Silence("SIL-1", (Matcher("a", Op.DIFFERS, "x|y"),), NOON, NOON + HOUR, "alice", "disks", outside_id="am-1")


@dataclass
class FakeClient:
    """What the API answers, by id; keeps what was sent."""

    listed: bytes = b"[]"
    ones: dict[str, bytes] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    answer: bytes = b'{"silenceID": "am-2"}'
    refuses_end: bool = False

    async def silences(self) -> bytes:
        return self.listed

    async def silence(self, silence_id: str) -> bytes | None:
        return self.ones.get(silence_id)

    async def put_silence(self, content: bytes) -> bytes:
        self.sent.append(json.loads(content))
        return self.answer

    async def end_silence(self, silence_id: str) -> None:
        if self.refuses_end:
            raise ToolError("HTTP 500 silence already expired")
        self.ended.append(silence_id)


def wire(state: str = "active", **changes: object) -> dict[str, object]:
    return {
        "id": "am-1",
        "status": {"state": state},
        "matchers": [{"name": "alertname", "value": "Down", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-01-05T11:00:00.000Z",
        "endsAt": "2026-01-05T13:00:00.000Z",
        "updatedAt": "2026-01-05T11:30:00.000+00:00",
        "createdBy": "bob",
        "comment": "made there",
        "somethingNew": {"a": 1},
        **changes,
    }


def exchange(client: FakeClient, at: datetime = NOON) -> AlertmanagerSilences:
    return AlertmanagerSilences(client, lambda: at)


def listing(*silences: dict[str, object]) -> FakeClient:
    return FakeClient(json.dumps(silences).encode())


async def test_one_of_theirs() -> None:
    (found,) = await exchange(listing(wire())).pull()
    assert found == Dated(
        "",
        (Matcher("alertname", Op.EQUAL, "Down"),),
        NOON - HOUR,
        NOON + HOUR,
        "bob",
        "made there",
        "alertmanager",
        "am-1",
        NOON - HOUR / 2,
    )


async def test_one_of_ours_is_known_by_the_end_of_its_comment() -> None:
    (found,) = await exchange(listing(wire(comment="moving disks [lamplighter SIL-7]"))).pull()
    assert (found.id, found.origin, found.reason) == ("SIL-7", "lamplighter", "moving disks")
    (other,) = await exchange(listing(wire(comment="see [lamplighter SIL-7] please"))).pull()
    assert (other.id, other.origin, other.reason) == ("", "alertmanager", "see [lamplighter SIL-7] please")


async def test_a_matcher_of_an_older_version_says_nothing_of_being_equal() -> None:
    matchers = [{"name": "a", "value": "x", "isRegex": True}]
    (found,) = await exchange(listing(wire(matchers=matchers))).pull()
    assert found.matchers == (Matcher("a", Op.MATCHES, "x"),)


async def test_the_active_ones_come_first_and_the_ended_have_ended() -> None:
    ahead = wire("expired", id="am-2", endsAt="2026-01-05T12:00:05.000Z")
    found = await exchange(listing(ahead, wire("pending", id="am-3"), wire())).pull()
    assert [one.outside_id for one in found] == ["am-3", "am-1", "am-2"]
    assert found[2].ends_at == NOON


async def test_their_words_are_made_safe_to_keep() -> None:
    (found,) = await exchange(listing(wire(comment="password=hunter2secret\x1b\nx", createdBy="b\nob"))).pull()
    assert "hunter2secret" not in found.reason
    assert "\x1b" not in found.reason
    assert found.author == "b ob"


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'[{"id": "x"}]', b"\xff", b"[" * 100_000])
async def test_an_answer_that_is_no_list_of_silences_is_said(body: bytes) -> None:
    with pytest.raises(ToolError, match="cannot be read"):
        await exchange(FakeClient(body)).pull()


async def test_a_new_one_is_sent_without_an_id() -> None:
    client = FakeClient()
    assert await exchange(client).push(OURS) == "am-2"
    assert client.sent == [
        {
            "matchers": [{"name": "a", "value": "x|y", "isRegex": True, "isEqual": False}],
            "startsAt": "2026-01-05T12:00:00.000+00:00",
            "endsAt": "2026-01-05T13:00:00.000+00:00",
            "createdBy": "alice",
            "comment": "disks [lamplighter SIL-1]",
        }
    ]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("active", ("am-1", "2026-01-05T11:00:00.000+00:00")),
        ("pending", ("am-1", "2026-01-05T12:00:00.000+00:00")),
        ("expired", (None, "2026-01-05T12:00:00.000+00:00")),
    ],
)
async def test_a_change_names_the_present_one_and_leaves_a_start_that_has_passed(
    state: str, expected: tuple[str | None, str]
) -> None:
    client = FakeClient(ones={"am-1": json.dumps(wire(state)).encode()})
    await exchange(client).push(OURS)
    assert (client.sent[0].get("id"), client.sent[0]["startsAt"]) == expected


async def test_an_end_of_what_has_ended_is_no_error() -> None:
    client = FakeClient(refuses_end=True)
    await exchange(client).expire("am-1")
    client.ones["am-1"] = json.dumps(wire("expired")).encode()
    await exchange(client).expire("am-1")
    client.ones["am-1"] = json.dumps(wire("active")).encode()
    with pytest.raises(ToolError, match="HTTP 500"):
        await exchange(client).expire("am-1")
