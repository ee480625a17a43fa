"""Faults that somebody brought about by changing something. A change alone proves nothing."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import Clue, FaultKind

CHANGE_FAULTS = (
    FaultKind(
        "bad_config_change",
        (
            Clue("change", 2.2, {"family": "configuration"}, decisive=True),
            Clue("probe", 0.6, {"state": "failing"}),
            Clue("state", 0.6, {"running": 0.0}),
        ),
        ("{component} is in trouble since its configuration was changed", ": {what}"),
        ("log",),
        yields=True,
        generic=True,
    ),
    FaultKind(
        "bad_deploy",
        (
            Clue("change", 2.2, {"family": "deploy"}, decisive=True),
            Clue("probe", 0.6, {"state": "failing"}),
            Clue("state", 0.6, {"running": 0.0}),
        ),
        ("{component} is in trouble since a new version was deployed", ": {what}"),
        ("log",),
        yields=True,
        generic=True,
    ),
)
