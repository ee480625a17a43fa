"""B20-B22: whatever a tool prints, a reader does not raise, and what it says is bounded, printable and finite."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.facts import FACTS_MAX
from lamplighter.diagnosis.readers import READERS, read
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Case, Evidence, Fact
from tests.acceptance.attacks.corpus import RAW, broken, cases, pieces

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT_CHARS_MAX = 700
VALUE_CHARS_MAX = 5_000
KUBE = ("kubectl.get", "kubectl.describe", "kubectl.events", "kubectl.top", "kubectl.logs", "crictl")
TOOLS = (*READERS, *KUBE, "logs", "docker.logs", "argocd", "exec", "supervisor.logs")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def assert_fit(found: Diagnosis) -> None:
    """A diagnosis that can be shown, stored and sent."""
    assert len(found.facts) <= FACTS_MAX
    for fact in found.facts:
        # A reader that breaks costs no diagnosis, but is to be mended.
        assert "broke" not in fact.values, fact.text
        assert len(fact.text) <= TEXT_CHARS_MAX
        assert not CONTROL.search(fact.text + fact.query)
        for value in fact.values.values():
            assert isinstance(value, str) or math.isfinite(value), (fact.kind, fact.values)
            assert isinstance(value, float) or len(value) <= VALUE_CHARS_MAX
    for cause in found.causes:
        assert 0.0 <= cause.confidence <= 1.0
        assert not CONTROL.search(cause.statement + cause.component)
    assert not CONTROL.search(found.statement)


def of_one(tool: str, content: str, **params: str) -> Case:
    piece = Evidence("e1", tool, "web", params, "", content, NOW)
    return Case("garbage", NOW, "web is failing", evidence=(piece,), subject="web")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", RAW)
def test_no_raw_text_breaks_a_reader(tool: str, name: str) -> None:
    for kind in ("pods", "events", "services") if tool.startswith("kubectl.get") else ("",):
        assert_fit(diagnose(of_one(tool, RAW[name], kind=kind)))


@pytest.mark.parametrize("kind", sorted(pieces()))
def test_no_broken_output_of_a_tool_breaks_its_reader(kind: str) -> None:
    for seed, piece in enumerate(pieces()[kind]):
        for spoilt in broken(piece, seed):
            assert_fit(diagnose(Case("broken", NOW, "web is failing", evidence=(spoilt,), subject="web")))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_case_whose_every_look_is_broken_is_still_diagnosed(case: Case) -> None:
    ways = [list(broken(piece, place)) if piece.content else [piece] for place, piece in enumerate(case.evidence)]
    for way in range(max(map(len, ways), default=0)):
        spoilt = tuple(some[way % len(some)] for some in ways)
        assert_fit(diagnose(replace(case, evidence=spoilt)))


LINES = st.lists(st.text(max_size=60), max_size=8).map("\n".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tool=st.sampled_from(TOOLS), content=LINES | JSON.map(str), name=st.text(max_size=20))
def test_no_text_at_all_breaks_a_reader(tool: str, content: str, name: str) -> None:
    case = of_one(tool, content, name=name, component=name, query=name)
    assert_fit(diagnose(case))
    assert_fit(diagnose(replace(case, subject="", evidence=tuple(replace(e, component="") for e in case.evidence))))


def test_a_reader_that_breaks_costs_its_own_piece_alone() -> None:
    def breaking(evidence: Evidence) -> list[Fact]:
        raise TypeError(evidence.id)

    (piece,) = of_one("df", "x").evidence
    (fact,) = read(piece, {"df": breaking})
    assert (fact.kind, fact.values["broke"], fact.evidence) == ("unreadable", "TypeError", "e1")
    assert read(replace(piece, tool="logs", content="ERROR odd"), {"df": breaking})[0].kind == "log_error"
