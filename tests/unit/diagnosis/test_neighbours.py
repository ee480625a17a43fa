from __future__ import annotations

from lamplighter.diagnosis import diagnose
from lamplighter.domain.topology import Edge
from tests.unit.diagnosis.home import Home

RUN = (Edge("web", "box", "runs_on"), Edge("crunch", "box", "runs_on"))


def _home(web: tuple[float, float]) -> Home:
    home = Home(components=("web", "crunch", "box"), edges=RUN).alert("Slow", service="web")
    home.series("rate(container_cpu_usage_seconds_total[1m])", {"web": web, "crunch": (0.1, 7.0)})
    return home.series("node_pressure_cpu_waiting_seconds_total:rate", {"box": (0.01, 0.8)})


def test_who_takes_the_processor_of_the_machine_is_named_and_not_the_victim() -> None:
    best = diagnose(_home((1.0, 0.5)).case()).best
    assert best is not None
    assert (best.component, best.fault) == ("crunch", "noisy_neighbour")


def test_who_suffers_is_no_neighbour_of_himself() -> None:
    assert all(
        cause.fault != "noisy_neighbour" or cause.component != "web"
        for cause in diagnose(_home((1.0, 9.0)).case()).causes
    )
