from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.proxmox_answer import answered, full_disk, share
from lamplighter.domain.evidence import Evidence

LOOK = Evidence("e1", "proxmox.storage", "pve1", {}, "application/json", "", datetime(2026, 11, 21, tzinfo=UTC))


def test_the_envelope_may_be_there_or_not() -> None:
    assert answered('{"data": [1]}') == answered("[1]") == [1]
    with pytest.raises(Unreadable):
        answered("<html>")


def test_only_a_disk_with_nothing_left_is_a_fact() -> None:
    (fact,) = full_disk(LOOK, "pve1", "local", 0.99)
    assert (fact.values["probe"], fact.values["state"], fact.values["target"]) == ("disk", "failing", "local")
    assert fact.number("value") == pytest.approx(1.0)
    assert full_disk(LOOK, "pve1", "local", 0.97) == full_disk(LOOK, "pve1", "local", None) == []


def test_a_share_of_nothing_is_unknown() -> None:
    assert share({"used": 1, "total": 4}, "used", "total") == 0.25
    assert share({"used": 1, "total": 0}, "used", "total") is None
    assert share("odd", "used", "total") is None
