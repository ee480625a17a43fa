"""The radar draws what is known, and no shape where too little is."""

from __future__ import annotations

from lamplighter.reports.vitals import Vital
from lamplighter.web.console.radar import radar_of


def test_an_unknown_axis_has_no_point() -> None:
    found = radar_of([Vital("CPU", 0.5, "a"), Vital("memory", None, ""), Vital("disk", 1.0, "b")])
    assert found.known == 2
    assert found.shape == ""
    assert [one.spoke.value is None for one in found.axes] == [False, True, False]
    assert len(found.rings[0].split()) == 3


def test_three_known_axes_make_a_shape() -> None:
    found = radar_of([Vital(name, 0.4, "") for name in ("CPU", "memory", "disk", "network", "database")])
    assert len(found.shape.split()) == 5
