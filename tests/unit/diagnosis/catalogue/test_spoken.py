from __future__ import annotations

from lamplighter.diagnosis.catalogue.spoken import TROUBLED, complaint, gauge, told_kind


def test_a_kind_is_brought_up_by_its_own_sign_and_by_what_decides() -> None:
    kind = told_kind("queue_backlog", 2.0, (gauge("queue", 3.0), gauge("traffic", 0.2, decisive=False)), "{component}")
    assert [clue.weight for clue in kind.clues if clue.decisive] == [2.0, 3.0]


def test_a_kind_without_a_sign_has_none() -> None:
    kind = told_kind("noisy_neighbour", 0.0, (), "{component}", troubled=False)
    assert not any(clue.kind == "log_sign" and clue.weight > 0 for clue in kind.clues)
    assert all(clue not in kind.clues for clue in TROUBLED)


def test_a_complaint_may_be_one_of_a_role() -> None:
    assert complaint("refused", 2.0, role="cache").where == {"error": "refused", "role": "cache"}
