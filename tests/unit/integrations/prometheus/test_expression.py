from __future__ import annotations

import pytest

from lamplighter.integrations.prometheus.expression import NeedKind, Scope, needs_of, selectors_of


def firm(query: str) -> set[str]:
    return {need.query for need in needs_of(query) if need.firm and need.kind is NeedKind.SELECTOR}


def loose(query: str) -> set[str]:
    return {need.query for need in needs_of(query) if not need.firm}


def operands(query: str) -> set[str]:
    return {need.query for need in needs_of(query) if need.kind is NeedKind.OPERAND}


@pytest.mark.parametrize(
    ("query", "selectors", "sides"),
    [
        ("up == 0", {"up{}"}, {"up{}"}),
        ("rate(x[5m]) > 3", {"x{}"}, {"rate(x{}[5m])"}),
        ("absent(x)", {"x{}"}, set()),
        ("x > 1 or y > 2", {"x{}", "y{}"}, {"x{}", "y{}"}),
        ("x > 1 and on() y", {"x{}", "y{}"}, {"x{}", "y{}"}),
        ("x - x offset 1h > 10", {"x{}"}, {"x{} - x{} offset 1h"}),
        ("max_over_time((x > 2)[5m:]) > 1", {"x{}"}, {"x{}"}),
        ("count(up == 0) > 2", {"up{}"}, {"up{}"}),
        ("x > bool 1", {"x{}"}, set()),
        ("time() - x > 60", {"x{}"}, {"time() - x{}"}),
        ("x > scalar(y)", {"x{}", "y{}"}, {"x{}", "scalar(y{})"}),
        ("topk(scalar(k), x) > 1", {"x{}", "k{}"}, {"topk (scalar(k{}), x{})"}),
        ("vector(1)", set(), set()),
    ],
)
def test_silence_rests_on_every_series_and_both_sides(query: str, selectors: set[str], sides: set[str]) -> None:
    assert (firm(query), operands(query)) == (selectors, sides)


def test_what_unless_takes_away_may_be_absent() -> None:
    assert (firm("a > 1 unless b"), loose("a > 1 unless b")) == ({"a{}"}, {"b{}"})
    assert firm("a unless (b unless c)") == {"a{}", "c{}"}


@pytest.mark.parametrize("query", ["rate(", "x" * 20_000, " + ".join(f"m{n}" for n in range(30)), "(" * 50 + "x"])
def test_what_cannot_be_read_is_said(query: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        needs_of(query)


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        needs_of("(" * 3_000 + "x" + ")" * 3_000)


def test_selectors_come_once_without_offsets() -> None:
    assert selectors_of("x - x offset 1h > 10") == ("x{}",)


ALERT = {"instance": "a:1", "job": "node", "site": "home"}


@pytest.mark.parametrize(
    ("query", "metric", "agrees"),
    [
        ("x > 1", {"instance": "a:1", "job": "node"}, True),
        ("x > 1", {"instance": "b:1", "job": "node"}, False),
        ("sum by (job) (x) > 1", {"instance": "b:1", "job": "node"}, True),
        ("sum without (instance) (x) > 1", {"instance": "b:1", "job": "node"}, True),
        ("sum without (instance) (x) > 1", {"instance": "b:1", "job": "web"}, False),
        ("sum(x) > 1", {"instance": "b:1", "job": "web"}, True),
        ("topk(3, x) > 1", {"instance": "b:1", "job": "node"}, False),
        ("vector(1) > scalar(x)", {"instance": "b:1"}, True),
        ("y * on(instance) group_left() x > 1", {"instance": "a:1", "job": "other"}, True),
        ("y * on(instance) group_left(job) x > 1", {"instance": "a:1", "job": "other"}, False),
        ("x * on(instance) group_right() y > 1", {"instance": "a:1", "job": "other"}, True),
        ("y and ignoring(job) x", {"instance": "a:1", "job": "other"}, True),
        ("x and ignoring(job) y", {"instance": "a:1", "job": "other"}, False),
        ('label_replace(x, "job", "n", "", "") > 1', {"instance": "a:1", "job": "other"}, True),
    ],
)
def test_only_labels_that_reach_the_alert_tell_series_apart(query: str, metric: dict[str, str], agrees: bool) -> None:  # noqa: FBT001 - the expectation of the table
    scope = next(need.scope for need in needs_of(query) if need.query == "x{}")
    assert bool(scope.agreeing([metric], ALERT)) is agrees


def test_a_label_that_only_some_series_have_tells_them_apart() -> None:
    assert Scope().agreeing([{"instance": "a:1"}, {"instance": "a:1", "site": "away"}, ALERT], ALERT) == [2]
    assert Scope().agreeing([{"instance": "a:1"}], ALERT) == [0]
