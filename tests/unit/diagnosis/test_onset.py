from __future__ import annotations

from datetime import timedelta

import pytest

from lamplighter.diagnosis.onset import onset_of, timed
from lamplighter.domain.evidence import Fact
from tests.unit.diagnosis.home import NOW, Home


def test_the_earliest_of_what_moved_and_of_the_alert_is_the_onset() -> None:
    moved = Fact("", "e1", "a", "gauge", "", NOW - timedelta(minutes=20))
    case = Home().alert("Slow", service="a").case()
    assert onset_of(case, []) == NOW - timedelta(minutes=10)
    assert onset_of(case, [moved]) == NOW - timedelta(minutes=20)


@pytest.mark.parametrize(("before", "shortly"), [(5, 1.0), (600, 0.0), (-30, 0.0)])
def test_a_change_knows_whether_it_came_shortly_before(before: int, shortly: float) -> None:
    change = Fact("", "changes", "a", "change", "", NOW - timedelta(minutes=10 + before))
    (fact,) = timed(Home().alert("Slow", service="a").case(), [change])
    assert fact.values["shortly_before"] == shortly
