from __future__ import annotations

from lamplighter.diagnosis.readers.kube_outline import outline

TEXT = """\
Name:         web
Labels:       app=web
              tier=front
Containers:
  main:
    State:      Waiting
      Reason:   CrashLoopBackOff
Annotations:  <none>

Name:         db
"""


def test_keys_nest_by_their_indents() -> None:
    web, db = outline(TEXT)
    assert (web.said("Name"), db.said("Name")) == ("web", "db")
    containers = web.child("Containers")
    assert containers is not None
    state = containers.children[0].child("State")
    assert state is not None
    assert (state.value, state.said("Reason")) == ("Waiting", "CrashLoopBackOff")


def test_a_list_is_the_value_and_the_lines_below_it() -> None:
    labels = outline(TEXT)[0].child("Labels")
    assert labels is not None
    assert list(labels.listed()) == ["app=web", "tier=front"]


def test_nothing_is_said_where_there_is_none() -> None:
    assert outline(TEXT)[0].said("Annotations") == ""
    assert outline("") == []
