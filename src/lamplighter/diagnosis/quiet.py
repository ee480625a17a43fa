"""Whether a case holds nothing to be explained: alerts that always fire, or looks of many kinds that are all quiet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from lamplighter.diagnosis.catalogue.fault_kind import IN_TROUBLE, Condition
from lamplighter.diagnosis.metric_words import METRIC
from lamplighter.diagnosis.signals.series import BASELINE, PHASE
from lamplighter.diagnosis.standing import Standing
from lamplighter.diagnosis.unseen import UNSEEN
from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.evidence import Case, Evidence, Fact

QUIET_LOOKS_MIN = 3
MOVED = 1.5
_ALWAYS = re.compile(
    r"(?i)^(?:watchdog|dead ?man'?s? ?(?:switch|snitch)|always ?(?:firing|on)"
    r"|heartbeat|prometheus ?alive|test ?(?:alert|alarm)|infoinhibitor)$"
)
_OF_SERVING = ("prometheus.", "http.probe", "kubectl.logs", "logs", "loki.", "traces")
_COMPLAINT = re.compile(
    r"(?i)\b(?:cannot|can't|can not|errors?|fail\w{0,4}|down|slow\w{0,2}|unavailable"
    r"|unreachable|time(?:d)? ?outs?|5\d\d|broken"
    r"|crash\w{0,4}|stuck|pending|latency|gone|missing|refused|hangs?|offline"
    r"|lost|never|no longer|does(?:n't| not)|do(?:n't| not)"
    r"|is(?:n't| not)|are(?:n't| not)|wrong|issue|problem|why)\b"
)
# What says only how things are connected tells of no trouble.
_HARMLESS = frozenset({"ingress_route", "policy_selects", "class_has_volumes", "node_wish", "reported_slow"})
_SAMPLE = re.compile(r"\[\s{0,20}\d{1,12}(?:\.\d{1,9})?\s{0,20},\s{0,20}\"[-+]?\d")
RECENT = timedelta(hours=1)
_TROUBLE = frozenset({"gauge", "complaint", "kube", "log_error", "log_sign", "up", "neighbour", "watcher"})
_LOOKED = frozenset({"state", "health", "probe", "usage", "guest"})
# Whoever asks whether all is well did not see that it is not.
_ASKED = re.compile(
    r"(?i)\b(?:check-?up|routine|(?:daily|weekly|monthly) (?:check|look|review)|anything (?:broken|wrong"
    r"|amiss|unusual|odd)|all (?:is )?(?:well|ok|good|fine)|is (?:all|everything|it) (?:well|ok|okay|fine"
    r"|good)|look(?:ed)? (?:it|them|things)? ?over|have a look|just checking|sanity check|fine again"
    r"|recovered|still (?:well|ok|healthy)|health check of|looked odd)\b"
)
_CALM = frozenset({"state", "usage", "node", "aside", "change", "change_later", UNSEEN, METRIC})


def expected(alerts: Iterable[Alert]) -> bool:
    """Whether every alert is one that is meant to fire: a watchdog, a test."""
    held = list(alerts)
    return bool(held) and all(_ALWAYS.match(re.sub(r"[_-]", "", alert.name)) is not None for alert in held)


def quiet(case: Case, facts: tuple[Fact, ...], everyone: dict[str, Standing]) -> bool:
    """Whether a cluster was looked at from three sides or more, and none of the looks shows any trouble."""
    if _calmed(case, facts, everyone):
        return True
    firing = any(alert.status is not AlertStatus.RESOLVED for alert in case.alerts)
    if firing or any(look.condition in IN_TROUBLE for look in everyone.values()):
        return False
    up = [look for look in everyone.values() if look.condition in {Condition.RUNNING, Condition.HEALTHY}]
    ready = any(fact.kind == "state" and fact.number("ready") == 1.0 for look in up for fact in look.facts)
    if not ready or any(_tells(fact) for fact in facts) or len(case.evidence) < QUIET_LOOKS_MIN:
        return False
    # Objects that stand well do not answer a complaint; only what was measured, asked or written since does.
    served = any(piece.tool.startswith(_OF_SERVING) and piece.content.strip() for piece in _of_now(case))
    return served or _COMPLAINT.search(case.symptom) is None


def _calmed(case: Case, facts: tuple[Fact, ...], everyone: dict[str, Standing]) -> bool:
    """Whether nothing fires any more, some look shows that all goes on, and none shows trouble of the last hour."""
    if any(alert.status is not AlertStatus.RESOLVED for alert in case.alerts):
        return False
    if any(look.condition in IN_TROUBLE for look in everyone.values()) or (
        not case.alerts and not _ASKED.search(case.symptom)
    ):
        return False
    recent = [fact for fact in facts if fact.at is None or case.at - fact.at <= RECENT]
    looked = any(fact.kind in _LOOKED and not _bad_look(fact) for fact in facts) or any(
        # An empty answer, a failed one or one without a number shows nothing, and nothing seen is no health.
        piece.tool.startswith("prometheus.") and not piece.error and _SAMPLE.search(piece.content)
        for piece in _of_now(case)
    )
    return looked and not any(fact.kind in _TROUBLE or _bad_look(fact) for fact in recent)


def _of_now(case: Case) -> list[Evidence]:
    """The evidence that is not of a normal stretch: what was well then says nothing of now."""
    return [piece for piece in case.evidence if piece.params.get(PHASE) != BASELINE]


def _bad_look(fact: Fact) -> bool:
    if fact.kind == "usage":
        shares = ("cpu_share", "memory_share", "disk_share", "inode_share", "io_busy_share")
        return max(fact.number(key) or 0.0 for key in shares) >= 0.95  # noqa: PLR2004 - nearly all of it
    return fact.kind == "probe" and fact.values.get("state") == "failing"


def _tells(fact: Fact) -> bool:
    """Whether a fact speaks of trouble, or of a look that showed nothing."""
    if fact.kind == "kube":
        return fact.values.get("sign") not in _HARMLESS
    if fact.kind == "usage":
        return max(fact.number("cpu_share") or 0.0, fact.number("memory_share") or 0.0) >= 0.9  # noqa: PLR2004 - nine tenths are no calm
    if fact.kind == "metric_shift":
        ratio = fact.number("ratio")
        return ratio is None or not 1 / MOVED < ratio < MOVED
    if fact.kind == "log_template":
        return fact.number("error") == 1.0
    if fact.kind == "origin":
        return (fact.number("odds") or 0.0) >= 0.0
    if fact.kind == "probe":
        return fact.values.get("state") != "ok"
    return fact.kind not in _CALM
