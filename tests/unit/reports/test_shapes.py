"""Where the lines of charts run."""

from __future__ import annotations

import pytest

from lamplighter.reports.shapes import area, ceiling, polygon, radar, ring, web


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (3, 4), (5, 5), (6, 10), (11, 20), (70, 100), (101, 200)])
def test_a_scale_ends_at_a_round_number(value: float, top: int) -> None:
    assert ceiling(value) == top


def test_an_area_runs_from_the_foot_to_the_top_and_back() -> None:
    found = area([0, 2, 1], 2, left=0, right=100, high=10, low=50)
    assert found.line == "0.0,50.0 50.0,10.0 100.0,30.0"
    assert found.path.startswith("M0.0,50.0 L")
    assert found.path.endswith("L100.0,50.0 Z")
    assert area([], 1, left=0, right=1, high=0, low=1).path == ""


def test_a_ring_has_a_band_for_each_share_and_a_whole_one_is_closed() -> None:
    bands = ring([0.5, 0.25, 0.25], centre=60, outer=56, inner=32)
    assert len(bands) == 3
    assert bands[0][1] > 60
    whole = ring([1.0], centre=60, outer=56, inner=32)[0][0]
    assert " 1 1 " in whole


def test_a_radar_leaves_out_what_is_not_known() -> None:
    spokes = radar([1.0, None, 0.0, 2.0], centre=(100, 100), radius=50)
    assert spokes[0].value == spokes[0].end == (100.0, 50.0)
    assert spokes[1].value is None
    assert spokes[2].value == (100.0, 100.0)
    assert spokes[3].value == spokes[3].end
    assert [spoke.anchor for spoke in spokes] == ["middle", "start", "middle", "end"]


def test_rings_of_a_web_have_a_corner_for_each_axis() -> None:
    assert len(web(5, 0.5, centre=(0, 0), radius=10).split()) == 5
    assert polygon([(1, 2.25), (3, 4)]) == "1.0,2.2 3.0,4.0"
