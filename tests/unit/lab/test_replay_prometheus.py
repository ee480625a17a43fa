"""Points of `ALERTS` become episodes, whatever the chunks they come in."""

from __future__ import annotations

import pytest

from lamplighter.lab.replay_prometheus import Episodes, step_for

LABELS = (("alertname", "Down"),)
OTHER = (("alertname", "Slow"),)


def fed(chunks: list[tuple[list[float], float]]) -> list[tuple[float, str, float]]:
    episodes = Episodes(60.0)
    found = [what for times, until in chunks for what in episodes.feed({LABELS: times} if times else {}, until)]
    return [(at, status, start) for at, status, _, start in found]


def test_a_stretch_begins_at_its_first_point_and_ends_a_step_after_its_last() -> None:
    assert fed([([60, 120, 180], 600)]) == [(60, "firing", 60), (240, "resolved", 60)]


def test_two_stretches_are_two_episodes() -> None:
    found = fed([([60, 120, 300, 360], 600)])
    assert found == [(60, "firing", 60), (180, "resolved", 60), (300, "firing", 300), (420, "resolved", 300)]


@pytest.mark.parametrize("cut", [60.0, 120.0, 180.0, 240.0])
def test_where_the_chunks_are_cut_changes_nothing(cut: float) -> None:
    times = [60.0, 120.0, 180.0, 420.0]
    chunks = [([at for at in times if at <= cut], cut), ([at for at in times if at > cut], 900.0)]
    assert fed(chunks) == fed([(times, 900.0)])


def test_what_still_fires_at_the_end_has_not_ended() -> None:
    assert fed([([60, 120], 120)]) == [(60, "firing", 60)]


def test_several_series_come_in_the_order_of_time() -> None:
    found = Episodes(60.0).feed({LABELS: [120.0], OTHER: [60.0, 120.0]}, 600.0)
    assert [at for at, *_ in found] == [60.0, 120.0, 180.0, 180.0]


@pytest.mark.parametrize(("since", "step"), [(3600.0, 15.0), (86_400.0, 30.0), (30 * 86_400.0, 120.0), (1e8, 300.0)])
def test_a_long_history_is_read_in_coarser_steps(since: float, step: float) -> None:
    assert step_for(since) == step
