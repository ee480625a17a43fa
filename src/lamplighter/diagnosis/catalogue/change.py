"""Faults that somebody brought about by changing something. A change alone proves nothing."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import Clue, FaultKind

CHANGE_FAULTS = (
    FaultKind(
        "bad_config_change",
        (
            Clue("change", 1.8, {"family": "configuration"}, decisive=True),
            Clue("probe", 0.6, {"state": "failing"}),
            Clue("state", 0.6, {"running": 0.0}),
        ),
        ("{component} is in trouble since its configuration was changed", ": {what}"),
        ("log",),
        at_once=(
            ("take back the change of {component}", ": {what}"),
            ("compare what {component} wrote before and after it",),
        ),
        later=(("check configurations before they are rolled out, on one instance first",),),
        yields=True,
        generic=True,
    ),
    FaultKind(
        "bad_deploy",
        (
            Clue("change", 1.8, {"family": "deploy"}, decisive=True),
            Clue("probe", 0.6, {"state": "failing"}),
            Clue("state", 0.6, {"running": 0.0}),
        ),
        ("{component} is in trouble since a new version was deployed", ": {what}"),
        ("log",),
        at_once=(
            ("go back to the version of {component} before it", ": {what}"),
            ("compare the errors of the new version of {component} with those of the old one",),
        ),
        later=(("roll new versions out to a few first, and stop by themselves when errors rise",),),
        yields=True,
        generic=True,
    ),
)
