"""From a case to a diagnosis: facts, standings, ranking, and what may honestly be said of them."""

from __future__ import annotations

from collections import Counter

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.catalogue.fault_kind import IN_TROUBLE, Condition
from lamplighter.diagnosis.dependence import Dependence, dependence
from lamplighter.diagnosis.facts import collect
from lamplighter.diagnosis.measures import measures
from lamplighter.diagnosis.quiet import expected, quiet
from lamplighter.diagnosis.ranking import Ranking, rank
from lamplighter.diagnosis.readers.draft import shown
from lamplighter.diagnosis.same_log import as_often
from lamplighter.diagnosis.standing import Standing, standings
from lamplighter.diagnosis.statement import state_cause
from lamplighter.diagnosis.testimony import accuser_in, cross_examined
from lamplighter.diagnosis.unseen import UNSEEN
from lamplighter.diagnosis.weighing import Candidate
from lamplighter.domain.cause import LIKELY_FROM, Cause, Diagnosis, confidence_word
from lamplighter.domain.evidence import Case, Fact
from lamplighter.domain.topology import COMPONENT_LABELS

CAUSES_MAX = 8
# Whoever writes much of itself leaves room for the others.
CAUSES_EACH_MAX = 4
NEEDS_MAX = 10
UNSEEN_NEEDS_MAX = 4
RULED_OUT_MAX = 20
DETERMINED_FROM = 0.5
CONFIDENCE_MIN = 0.001
# What only says that the question is about a component.
NAMING = frozenset({"alert", "symptom"})
_BLIND = frozenset({"look_failed", "unreadable", UNSEEN})
EXPECTED_CONFIDENCE = 0.9


class RulesInvestigator:
    """Diagnoses by the catalogue of kinds of fault alone; the same case always gives the same diagnosis."""

    def diagnose(self, case: Case) -> Diagnosis:
        """Ranked causes; see `diagnose`."""
        return diagnose(case)


def diagnose(case: Case) -> Diagnosis:
    """At most CAUSES_MAX causes, each citing facts; or nothing wrong; or undetermined, with what would settle it.

    Never raises for what the evidence holds. `elapsed_seconds` is left 0, because this room has no clock.
    """
    facts = collect(case)
    everyone = standings(case, facts)
    below = dependence(case.topology)
    ranking = cross_examined(facts, lambda heard, held: rank(standings(case, heard), below, case.subject, held))
    causes = _causes(ranking, facts)
    if expected(case.alerts) and not any(look.condition in IN_TROUBLE for look in everyone.values()):
        cause = _meant_to_fire(case, facts)
        # A cluster that was looked through and stands well is an answer of its own.
        clusters = any(piece.tool.startswith("kubectl.") for piece in case.evidence)
        # A cause is of a component: an alert whose labels name none has none to name.
        named = any(alert.labels.get(label) for alert in case.alerts for label in COMPONENT_LABELS)
        meant = (cause,) if named and not clusters else ()
        return Diagnosis(meant, facts, ranking.ruled_out[:RULED_OUT_MAX], statement=cause.statement)
    determined = bool(causes) and causes[0].confidence >= DETERMINED_FROM
    ruled_out = ranking.ruled_out[:RULED_OUT_MAX]
    well = _all_well(case.subject, everyone) and not _suspects_unseen(case.subject, everyone, causes)
    if well or quiet(case, facts, everyone):
        causes = tuple(cause for cause in causes if cause.confidence >= LIKELY_FROM)
        statement = causes[0].statement if causes else _well_words(case.subject, everyone, facts)
        return Diagnosis(causes, facts, ruled_out, statement=statement)
    if determined:
        needs = () if causes[0].confidence >= LIKELY_FROM else _needs(case.subject, everyone, below, facts)
        return Diagnosis(causes, facts, ruled_out, needs=needs, statement=causes[0].statement)
    needs = _needs(case.subject, everyone, below, facts)
    statement = _undetermined_words(case, facts)
    return Diagnosis(causes, facts, ruled_out, undetermined=True, needs=needs, statement=statement)


def _causes(ranking: Ranking, facts: tuple[Fact, ...]) -> tuple[Cause, ...]:
    kept: list[Candidate] = []
    each: Counter[str] = Counter()
    for one in ranking.candidates:
        # Whom one log alone accuses takes a place of that log's.
        accusers = {accuser_in(fact) for fact in one.cited if fact.kind not in NAMING}
        places = {one.component, *(accusers - {""} if len(accusers) == 1 else ())}
        each.update(places)
        if one.confidence >= CONFIDENCE_MIN and one.cited and all(each[name] <= CAUSES_EACH_MAX for name in places):
            kept.append(one)
    kept = kept[:CAUSES_MAX]
    return tuple(_cause(index, one, facts) for index, one in enumerate(kept, start=1))


def _cause(index: int, one: Candidate, facts: tuple[Fact, ...]) -> Cause:
    statement = state_cause(one.kind, one.component, one.cited, {"below": one.below} if one.below else {})
    word = confidence_word(one.confidence)
    cited = tuple(dict.fromkeys(fact.id for fact in (*one.cited, *as_often(one.cited, facts))))
    now, later = measures(one.kind, one.component, one.cited)
    return Cause(
        index, one.component, one.kind.name, one.confidence, word, statement, cited, one.against, now, later, one.seen
    )


def _meant_to_fire(case: Case, facts: tuple[Fact, ...]) -> Cause:
    """A watchdog or a test: named, so that nobody looks for a fault behind it."""
    name = case.alerts[0].name
    cited = tuple(fact for fact in facts if fact.kind == "alert")
    kind = next(kind for kind in CATALOGUE if kind.name == "expected_alert")
    about = case.alerts[0].annotations.get("summary", "")
    statement = f"nothing is wrong: {shown(name, 120)} is meant to fire" + (f" ({shown(about, 200)})" if about else "")
    now, later = measures(kind, name, cited)
    sure = EXPECTED_CONFIDENCE
    ids = tuple(fact.id for fact in cited)
    return Cause(1, shown(name, 120), kind.name, sure, confidence_word(sure), statement, ids, (), now, later)


def _all_well(subject: str, everyone: dict[str, Standing]) -> bool:
    """Whether the component of the alert answers and nothing else was seen in trouble."""
    if any(look.condition in IN_TROUBLE for look in everyone.values()):
        return False
    if subject:
        return everyone[subject].condition is Condition.HEALTHY
    seen = [look for look in everyone.values() if look.condition is not Condition.UNKNOWN]
    return bool(seen) and all(look.condition is Condition.HEALTHY for look in seen)


def _suspects_unseen(subject: str, everyone: dict[str, Standing], causes: tuple[Cause, ...]) -> bool:
    """Whether one that nobody looked at is suspected, and the question names none: others' health is not its."""
    unseen = {name for name, look in everyone.items() if look.condition is Condition.UNKNOWN}
    return not subject and any(one.component in unseen and one.confidence >= DETERMINED_FROM for one in causes)


def _well_words(subject: str, everyone: dict[str, Standing], facts: tuple[Fact, ...]) -> str:
    up = {Condition.HEALTHY, Condition.RUNNING}
    well = sorted(name for name, look in everyone.items() if look.condition in up)
    unseen = sorted(name for name, look in everyone.items() if look.condition is Condition.UNKNOWN)
    said = f"nothing is wrong now: {', '.join(well[:10])} answered" + (
        f", {subject} among them" if len(well) > 1 and subject else ""
    )
    blind = sorted({str(fact.values.get("tool", "")) for fact in facts if fact.kind in _BLIND} - {""})
    said += f"; not seen: {', '.join(unseen[:10])}" if unseen else ""
    return said + (f"; showed nothing, or not all: {', '.join(blind[:10])}" if blind else "")


def _undetermined_words(case: Case, facts: tuple[Fact, ...]) -> str:
    tools = sorted({evidence.tool for evidence in case.evidence})
    failed = sum(fact.kind in _BLIND - {UNSEEN} for fact in facts)
    blind = sum(fact.kind == UNSEEN for fact in facts)
    looked = ", ".join(tools[:10]) or "nothing"
    said = f"the facts do not carry a cause: looked at {looked}" + (f"; {failed} looks failed" if failed else "")
    return said + (f"; looks that showed nothing, a part, or what is old: {blind}" if blind else "")


def _needs(subject: str, everyone: dict[str, Standing], below: Dependence, facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """What would settle it: first the looks that failed, then those that nobody took."""
    needs = [fact.text for fact in facts if fact.kind in _BLIND - {UNSEEN}]
    needs += [fact.text for fact in facts if fact.kind == UNSEEN][:UNSEEN_NEEDS_MAX]
    around = [subject, *sorted(below.below(subject))] if subject else sorted(everyone)
    cluster = any(fact.kind in {"kube", "node"} or fact.values.get("engine") == "kubernetes" for fact in facts)
    ways = "kubectl describe" if cluster else "docker.inspect or supervisor.status"
    for name in around:
        kinds = {fact.kind for fact in everyone[name].facts}
        if not kinds & {"state", "node"}:
            needs.append(f"the state of {name}, such as {ways} gives it")
        if not kinds & {"probe", "health"}:
            needs.append(f"a probe of {name}")
        if not kinds & {"log_sign", "log_error"} and everyone[name].condition in IN_TROUBLE:
            needs.append(f"a log of {name} that says why")
    return tuple(dict.fromkeys(needs))[:NEEDS_MAX]
