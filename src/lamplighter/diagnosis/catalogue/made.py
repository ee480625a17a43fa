"""Faults that somebody made: a deploy, a setting, a switch, a fault injected. A change alone proves nothing."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, Clue, sign
from lamplighter.diagnosis.catalogue.spoken import gauge, told_kind

SINCE = {"shortly_before": 1.0}
BADLY = (
    gauge("errors", 1.6, decisive=False),
    gauge("latency", 1.2, decisive=False),
    Clue("log_error", 1.0),
)

MADE_FAULTS = (
    told_kind(
        "bad_deploy",
        0.0,
        (
            Clue("change", 0.0, {"family": "deploy", **SINCE}, decisive=True),
            Clue("change", -2.0, {"shortly_before": 0.0}),
            *BADLY,
        ),
        "{component} is in trouble since a new version was deployed",
        ": {what}",
        generic=True,
        at_once=(
            ("go back to the version of {component} that ran before", " ({what})"),
            ("compare the errors of {component} before and after the deploy",),
        ),
        later=(("let a new version take a small share first, and stop it by its error rate",),),
    ),
    told_kind(
        "bad_config_change",
        0.0,
        (
            Clue("change", 0.0, {"family": "configuration", **SINCE}, decisive=True),
            Clue("change", -2.0, {"shortly_before": 0.0}),
            sign("bad_config_change", 0.6),
            *BADLY,
        ),
        "{component} is in trouble since its configuration was changed",
        ": {what}",
        generic=True,
        at_once=(
            ("put the old value back", " ({what})"),
            ("compare what {component} runs with and what is in version control",),
        ),
        later=(("check the configuration before it is loaded, and roll it out on one copy first",),),
    ),
    told_kind(
        "feature_flag_enabled",
        3.4,
        (
            Clue("gauge", 2.4, {"meaning": "flag"}, decisive=True),
            Clue("change", 3.4, {"family": "flag", **SINCE}, decisive=True),
            *BADLY,
        ),
        "{component} is in trouble since a feature was switched on",
        ": {what}",
        credible=ANY_CONDITION,
        deliberate=True,
        at_once=(
            ("switch the feature off again", " ({what})"),
            ("see whether errors and latency of {component} go back with it",),
        ),
        later=(("switch features on for a small share first, with a limit at which they go off by themselves",),),
    ),
    told_kind(
        "latency_injected",
        3.8,
        (Clue("change", 3.0, {"family": "latency", **SINCE}, decisive=True), gauge("latency", 0.6, decisive=False)),
        "{component} became slow by itself",
        " ({amount})",
        credible=ANY_CONDITION,
        deliberate=True,
        at_once=(
            ("see what became slow in {component} itself: its newest change, its own work, its disk",),
            ("where an experiment or a filter delays it, take the delay away", ": {amount}"),
        ),
        later=(("let experiments announce themselves and end by themselves",),),
    ),
    told_kind(
        "error_injected",
        3.8,
        (Clue("change", 3.0, {"family": "fault", **SINCE}, decisive=True), gauge("errors", 0.6, decisive=False)),
        "{component} fails by itself",
        credible=ANY_CONDITION,
        deliberate=True,
        at_once=(
            ("read the first errors of {component} itself, and see what was changed in it last",),
            ("where an experiment makes it fail, take the fault away: filter, toxic, chaos rule, flag",),
        ),
        later=(("let experiments announce themselves and end by themselves",),),
    ),
    told_kind(
        "monitoring_gap",
        3.6,
        (gauge("probe", 0.6, decisive=False), Clue("watcher", 5.0, {"down": 1.0}, decisive=True)),
        "{component} is well; it is the monitoring that cannot see it",
        credible=ANY_CONDITION,
        deliberate=True,
        ceiling=0.85,
        at_once=(
            ("look at the target in the monitoring: its address, port, password and the error of the last scrape",),
            ("see that {component} itself answers",),
        ),
        later=(("alert on a missing exporter apart from a missing service",),),
    ),
    told_kind(
        "expected_alert",
        3.6,
        (Clue("alert", 3.4, {"expected": 1.0}, decisive=True),),
        "the alert of {component} is meant to fire: nothing is wrong",
        credible=ANY_CONDITION,
        deliberate=True,
        ceiling=0.9,
        at_once=(
            ("do nothing; see only that it reaches whom it should",),
            ("route such alerts to a place that wakes nobody",),
        ),
        later=(("keep tests and watchdogs apart from real alerts by a label",),),
    ),
)
