from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.novelty import Shift as Saying
from lamplighter.diagnosis.signals.ballots import (
    EXPLAINED,
    FIRST,
    NEWS,
    TOGETHER,
    Scene,
    complaints,
    entry,
    firsts,
    habits,
    levels,
    news,
    resources,
    together,
)
from lamplighter.diagnosis.signals.habits import Break
from lamplighter.diagnosis.signals.novelty import NEW, VANISHED, News
from lamplighter.diagnosis.signals.shifts import Shift
from lamplighter.diagnosis.signals.symptom import Symptom

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


NOBODY = Symptom("entry", frozenset(), None)
KNOWN = frozenset({"entry", "shop", "stock", "pay"})


def _scene(plant: Plant, *shifts: Shift, breaks: tuple[Break, ...] = ()) -> Scene:
    return Scene(dependence(plant.edges), NOBODY, shifts, breaks=breaks, known=KNOWN)


def _shift(plant: Plant, component: str, size: float, family: str = "latency", metric: str = "m") -> Shift:
    series = plant.one([1, 1, 9], metric=metric, component=component, family=family)
    return Shift(series, 1.0, 9.0, series.window[1][0], size)


def _broken(component: str, weight: float, traces: str, deed: str = "! log: x") -> Break:
    return Break(component, "/", deed, True, True, (9, 9), (0, 9), weight, 0.0, frozenset(traces))


def test_slowness_above_slowness_is_explained(plant: Plant) -> None:
    votes = levels(_scene(plant, _shift(plant, "shop", 3.0), _shift(plant, "stock", 3.0), _shift(plant, "entry", 1.0)))
    strengths = {vote.component: vote.strength for vote in votes}
    assert strengths == {"shop": 3.0 * EXPLAINED, "stock": 3.0, "entry": EXPLAINED}


def test_little_below_does_not_explain_much_above(plant: Plant) -> None:
    votes = levels(_scene(plant, _shift(plant, "shop", 4.0), _shift(plant, "stock", 0.5)))
    assert {vote.component: vote.strength for vote in votes}["shop"] == 4.0


def test_an_own_resource_is_nobody_elses_doing(plant: Plant) -> None:
    (vote,) = resources(_scene(plant, _shift(plant, "shop", 2.0, "cpu"), _shift(plant, "pay", -2.0, "cpu")))
    assert (vote.component, vote.lead) == ("shop", "cpu")


def test_what_broke_in_the_same_requests_below_explains_and_other_breaks_do_not(plant: Plant) -> None:
    same = habits(_scene(plant, breaks=(_broken("shop", 8.0, "abc"), _broken("stock", 8.0, "abc"))))
    other = habits(_scene(plant, breaks=(_broken("shop", 8.0, "abc"), _broken("stock", 8.0, "xyz"))))
    assert min(vote.strength for vote in same) < min(vote.strength for vote in other)


def test_whom_an_error_names_is_suspected_with_it(plant: Plant) -> None:
    (vote,) = complaints(_scene(plant, breaks=(_broken("shop", 4.0, "a", "! log: no answer from stock"),)))
    assert vote.component == "stock"


def test_an_error_that_names_somebody_by_its_line_counts_though_its_template_does_not(plant: Plant) -> None:
    one = replace(_broken("shop", 4.0, "a", "! log: no answer from <*>"), example="ERROR no answer from [stock]: bye")
    (vote,) = complaints(_scene(plant, breaks=(one,)))
    assert vote.component == "stock"


def _news(component: str, change: str, weight: float, *, error: bool) -> News:
    return News(component, change, Saying("x", 9, 0, 1.0, weight, error, None, None, "x"), "e1", 9, 9)


def test_news_of_a_log_are_a_weak_reason_and_weaker_without_an_error(plant: Plant) -> None:
    told = (
        _news("shop", NEW, 20.0, error=True),
        _news("stock", VANISHED, -20.0, error=False),
        _news("pay", NEW, 20.0, error=False),
        _news("entry", NEW, 2.0, error=True),
    )
    votes = {vote.component: vote.strength for vote in news(replace(_scene(plant), news=told))}
    assert votes.keys() == {"shop", "stock"}
    assert votes["stock"] < votes["shop"] == NEWS < 0.5


def test_who_moved_first_and_who_moves_together_are_weak_reasons(plant: Plant) -> None:
    early = _shift(plant, "stock", 2.0)
    late = replace(_shift(plant, "entry", 2.0), onset=early.series.window[2][0])
    scene = _scene(plant, early, late)
    assert [(vote.component, vote.strength) for vote in firsts(scene)] == [("stock", FIRST)]
    longer = [replace(one, series=plant.one([1, 9, 1, 9, 9], component=one.series.component)) for one in (early, late)]
    (vote,) = together(_scene(plant, *longer))
    assert (vote.component, round(vote.strength, 3)) == ("stock", TOGETHER)
    assert max(FIRST, TOGETHER) < 0.5


def test_where_only_users_fail_the_entry_is_asked_first(plant: Plant) -> None:
    (vote,) = entry(_scene(plant, _shift(plant, "users", 2.0, "availability")))
    assert vote.component == "entry"
    assert entry(_scene(plant, _shift(plant, "shop", 2.0, "availability"))) == []
