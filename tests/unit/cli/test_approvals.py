"""What `lamplighter approvals` asks and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

APPROVAL = {
    "id": "INC-1-9c1f",
    "state": "pending",
    "asked_at": "2026-01-01T02:31:04Z",
    "expires_at": "2026-01-01T02:46:04Z",
    "plan_hash": "9c1f",
    "summary": "restart jellyfin\x1b[31m",
}


def test_what_waits_is_a_table_without_what_steers_the_terminal(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/approvals", {"approvals": [APPROVAL]})
    ended = command("approvals", "list", "--all")
    assert "02:46:04" in ended.out
    assert "\x1b" not in ended.out
    assert fake.asked[0].query == [("pending", "false")]
    assert command("approvals", "list", "-o", "name").out == "INC-1-9c1f\n"


def test_one_question_is_shown(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/approvals/INC-1-9c1f", APPROVAL)
    assert "restart jellyfin" in command("approvals", "show", "INC-1-9c1f").out


@pytest.mark.parametrize("word", ["approve", "deny"])
def test_an_answer_counts_for_the_plan_that_is_named(fake: Fake, command: Command, word: str) -> None:
    fake.says("POST", f"/api/v1/approvals/INC-1-9c1f/{word}", {**APPROVAL, "state": word})
    assert command("approvals", word, "INC-1-9c1f", "--plan", "9c1f", "-m", "why").code == 0
    assert fake.asked[0].json == {"reason": "why", "plan_hash": "9c1f"}


def test_an_amendment_says_what_stays_and_which_limits_in_bytes(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/approvals/INC-1-9c1f/amend", {**APPROVAL, "state": "amended"})
    words = ("--plan", "9c1f", "--keep", "2", "--keep", "1", "--memory", "1=96MiB", "-m", "less")
    ended = command("approvals", "amend", "INC-1-9c1f", *words)
    assert ended.code == 0
    assert "asked anew" in ended.out
    limits = [{"action": 1, "bytes": 96 * 1024**2}]
    assert fake.asked[0].json == {"plan_hash": "9c1f", "keep": [1, 2], "limits": limits, "reason": "less"}
    command("approvals", "amend", "INC-1-9c1f", "--plan", "9c1f", "--memory", "1=100663296")
    assert fake.asked[1].json == {"plan_hash": "9c1f", "keep": None, "limits": limits, "reason": ""}


@pytest.mark.parametrize("word", ["96MiB", "1=", "1=96XB", "x=96MiB", "1=-96MiB", "1=9.6MiB", "=1"])
def test_a_limit_that_is_none_is_said_and_nothing_is_asked(fake: Fake, command: Command, word: str) -> None:
    ended = command("approvals", "amend", "INC-1-9c1f", "--plan", "9c1f", "--memory", word)
    assert ended.code == 2
    assert "write it like 1=96MiB" in ended.err
    assert fake.asked == []
