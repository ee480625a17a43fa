from __future__ import annotations

import importlib
import pkgutil
from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

import lamplighter.domain
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.testing import NOON

EVENT = Event("INC-7", "judged", NOON, Moment.JUDGED, Crew.COUNCIL, "policy: allowed")


def values() -> list[type]:
    modules = [
        importlib.import_module(f"lamplighter.domain.{found.name}")
        for found in pkgutil.iter_modules(lamplighter.domain.__path__)
    ]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    # What a module keeps to itself, such as the board's working memory, is no value.
    shown = (kind for kind in kinds if is_dataclass(kind) and not kind.__name__.startswith("_"))
    return sorted(shown, key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", values(), ids=lambda kind: kind.__name__)
def test_every_value_of_the_domain_is_frozen_and_slotted(kind: type) -> None:
    assert "__slots__" in vars(kind)
    bare: object = object.__new__(kind)
    for one in fields(kind)[:1]:
        with pytest.raises(FrozenInstanceError):
            setattr(bare, one.name, "changed")


def test_events_do_not_share_their_data() -> None:
    EVENT.data["seen"] = True
    assert Event("INC-7", "x", NOON, Moment.STATE, Crew.PERSON, "").data == {}


def test_the_crew_is_that_of_the_manual() -> None:
    assert {str(one) for one in Crew} == {
        "Monitor",
        "Analyst",
        "Council",
        "Healer",
        "Communicator",
        "Librarian",
        "Person",
    }
