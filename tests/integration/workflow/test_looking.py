"""Rounds of looks on a real store: what a fact makes doubtful is looked at next, within bounds, and is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lamplighter.diagnosis import RulesInvestigator, diagnose
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Case, Evidence, Fact, Question
from lamplighter.domain.timeline import Moment
from lamplighter.domain.topology import Component
from lamplighter.lab.case_file import case_of
from lamplighter.ports import Roles
from lamplighter.reports.case_export import case_files

if TYPE_CHECKING:
    from tests.integration.workflow.conftest import Bench

OOM = Path(__file__).parents[2] / "golden" / "cases" / "shop-store-oom-killed"


@dataclass
class Chain:
    """Each component's log names the next one; nothing is confirmed until the last was seen."""

    names: tuple[str, ...]
    cases: list[Case] = field(default_factory=list)

    def diagnose(self, case: Case) -> Diagnosis:
        self.cases.append(case)
        seen = [piece.component for piece in case.evidence]
        following = next((name for name in self.names if name not in seen), "")
        fact = Fact("f1", "e1", seen[-1] if seen else "", "log_sign", "refused", values={"target": f"{following}:80"})
        return Diagnosis(
            (Cause(1, self.names[0], "connection_refused", 0.5, "possible", "it waits", ("f1",)),), (fact,)
        )


@dataclass
class Logs:
    name: str = "logs"
    asked: list[str] = field(default_factory=list)

    def serves(self, component: Component) -> bool:
        return True

    async def gather(self, question: Question) -> Sequence[Evidence]:
        self.asked.append(question.component.name)
        now = question.end
        return [Evidence("x", self.name, question.component.name, {}, "text/plain", "refused", now)]


@dataclass
class Inspecting:
    """Gives what the engine said of a container that ran out of memory."""

    name: str = "docker.inspect"

    def serves(self, component: Component) -> bool:
        return True

    async def gather(self, question: Question) -> Sequence[Evidence]:
        content, now = (OOM / "evidence" / "e6.json").read_text(), question.end
        return [Evidence("x", self.name, question.component.name, {}, "application/json", content, now)]


async def test_doubts_are_followed_for_three_rounds_and_said(bench: Bench) -> None:
    names = ("store", "far-1", "far-2", "far-3", "far-4")
    for name in names[1:]:
        bench.engine.add(name)
    tool, chain = Logs(), Chain(names)
    bench.steps.world.roles = (*bench.steps.world.roles, Roles(tools=(tool,)))
    bench.steps.investigator = chain
    incident = await bench.opened()
    gathered = await bench.steps.gather(incident)
    assert tool.asked == ["store", "far-1", "far-2"]
    assert gathered.components == ("store", "far-1", "far-2")
    kept = bench.store.dossiers.evidence(incident.id, incident.run)
    assert len({piece.id for piece in kept}) == len(kept)
    (told,) = [event.text for event in bench.store.incidents.timeline(incident.id) if event.moment is Moment.GATHERED]
    assert "then far-1: store names it [f1]" in told


async def test_the_case_has_a_window_a_baseline_and_every_alert(bench: Bench) -> None:
    chain = Chain(("store",))
    bench.steps.investigator = chain
    incident = await bench.opened()
    await bench.steps.diagnose(incident, await bench.steps.gather(incident))
    case = chain.cases[-1]
    assert case.baseline_start < case.baseline_end <= incident.alert.starts_at  # type: ignore[operator] - they are set
    assert case.start == case.baseline_end
    assert case.end is not None
    assert [alert.fingerprint for alert in case.alerts] == [incident.alert.fingerprint]
    assert replace(case, evidence=()).subject == "store"


async def test_an_export_of_a_live_incident_is_diagnosed_as_it_was_live(bench: Bench) -> None:
    bench.steps.world.roles = (*bench.steps.world.roles, Roles(tools=(Inspecting(),)))
    bench.steps.investigator = RulesInvestigator()
    incident = await bench.opened()
    live = await bench.steps.diagnose(incident, await bench.steps.gather(incident))
    kept = bench.store.dossiers.case(incident.id, incident.run)
    assert kept is not None
    assert [cause.fault for cause in live.causes][:1] == ["oom_killed"]
    again = diagnose(case_of(case_files(kept)))
    assert (again.causes, again.undetermined, again.needs) == (live.causes, live.undetermined, live.needs)
