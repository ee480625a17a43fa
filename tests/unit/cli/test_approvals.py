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
