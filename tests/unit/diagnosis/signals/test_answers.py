from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.investigator import diagnose
from lamplighter.diagnosis.signals.answers import answers_of, status_of, with_answers
from lamplighter.diagnosis.signals.lines import lines_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant

NGINX = '10.0.0.7 - - [01/Mar/2026:12:00:00 +0000] "GET /items/7 HTTP/1.1" {} 612 "-" "curl/8"'
TRAEFIK = '{{"DownstreamStatus":{},"RequestMethod":"GET","RequestPath":"/items","ServiceName":"stock@docker"}}'
APP = '{{"level":"info","method":"POST","path":"/pay","status":{},"ms":12}}'


@pytest.mark.parametrize("line", [NGINX, TRAEFIK, APP, '"POST /a" {} 3', 'x "request": "GET /", "status": "{}"'])
def test_the_status_of_lines_of_access_logs(line: str) -> None:
    text = line.format(502)
    assert status_of(text if text.startswith(("{", "1", '"')) else "{" + text) == 502


@pytest.mark.parametrize(
    "line", ["ERROR 502 lamps are out", '{"status":500,"lamp":"out"}', 'said "GET lost" 500', "", '{"status":"ok"}']
)
def test_other_lines_have_none(line: str) -> None:
    assert status_of(line) is None


def _plant(plant: Plant, now: tuple[int, int], calm: tuple[int, int], line: str = NGINX) -> Plant:
    for phase, (well, failed) in (("window", now), ("baseline", calm)):
        plant.lines("shop", *[line.format(200)] * well, *[line.format(503)] * failed, phase=phase)
    return plant


@pytest.mark.parametrize("line", [NGINX, TRAEFIK])
def test_a_burst_of_errors_is_told_against_the_normal_share(plant: Plant, line: str) -> None:
    (found,) = answers_of(*lines_of(_plant(plant, (80, 20), (199, 1), line).case()))
    assert (found.component, found.now, found.normally) == ("shop", (20, 100), (1, 200))
    assert "HTTP 503" in found.deed
    assert (found.evidence, found.error) == ("e1", True)


@pytest.mark.parametrize(
    ("now", "calm"),
    [((100, 0), (100, 0)), ((98, 2), (100, 0)), ((80, 20), (160, 40)), ((3, 3), (100, 0)), ((80, 9), (5, 0))],
)
def test_a_share_that_is_normal_or_of_too_few_requests_is_no_burst(
    plant: Plant, now: tuple[int, int], calm: tuple[int, int]
) -> None:
    assert answers_of(*lines_of(_plant(plant, now, calm).case())) == []


def test_a_burst_is_a_fact_and_points_at_who_answered_so(plant: Plant) -> None:
    found = diagnose(_plant(plant, (80, 20), (199, 1)).case())
    assert found.causes[0].component == "shop"
    cited = {fact.id: fact for fact in found.facts}
    said = " ".join(cited[key].text for key in found.causes[0].facts)
    assert "HTTP 503" in said
    assert "in 20 of 100 requests to its port, normally in 1 of 200" in said


def test_what_a_component_s_own_errors_tell_is_not_told_twice(plant: Plant) -> None:
    (burst,) = answers_of(*lines_of(_plant(plant, (80, 20), (199, 1)).case()))
    assert with_answers([burst], [burst]) == [burst]
    assert with_answers([], [burst]) == [burst]
