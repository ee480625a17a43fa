"""A nonce counts once, before its time is over, and together with what it lets happen or not at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer
from lamplighter.domain.letter import Nonce
from lamplighter.domain.message import Press
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.store import SqlStore
from lamplighter.testing import NOON
from tests.integration.store.conftest import AlertMaker, Correlating

NONCE = Nonce("d" * 64, "chat", "INC-1", 1, Press.APPROVE, NOON + timedelta(minutes=15), "INC-1-abc", "abc", "alex")
QUESTION = Approval("INC-1-abc", "INC-1", "abc", "restart", NOON, NOON + timedelta(minutes=15))

SILENCE = Silence(
    "SIL-1a2b3c4d", (Matcher("alertname", Op.EQUAL, "X"),), NOON, NOON + timedelta(hours=1), "alex", "from a message"
)


def answer(store: SqlStore, *, minutes: float = 1, plan_hash: str = "abc", nonce: str = NONCE.digest) -> Approval:
    now = NOON + timedelta(minutes=minutes)
    return store.approvals.answer(
        QUESTION.id, approve=True, by="alex", reason="", plan_hash=plan_hash, now=now, nonce=nonce
    )


def test_a_nonce_is_read_back_and_used_once(store: SqlStore) -> None:
    store.nonces.issue([NONCE])
    assert store.nonces.load(NONCE.digest) == NONCE
    assert store.nonces.load("unknown") is None
    assert store.nonces.use(NONCE.digest, by="alex", now=NOON)
    assert not store.nonces.use(NONCE.digest, by="alex", now=NOON)


def test_a_nonce_that_is_too_old_counts_for_nothing(store: SqlStore) -> None:
    store.nonces.issue([NONCE])
    assert not store.nonces.use(NONCE.digest, by="alex", now=NONCE.expires_at)


def test_an_answer_uses_up_its_nonce_in_the_same_transaction(store: SqlStore) -> None:
    store.nonces.issue([NONCE])
    store.approvals.ask(QUESTION)
    with pytest.raises(CannotAnswer, match="is for plan"):
        answer(store, plan_hash="other")
    # What did not count used nothing up.
    assert answer(store).state is ApprovalState.APPROVED
    used = store.nonces.load(NONCE.digest)
    assert used is not None
    assert used.used_by == "alex"


def test_an_answer_with_a_used_or_unknown_nonce_changes_nothing(store: SqlStore) -> None:
    store.nonces.issue([NONCE])
    store.approvals.ask(QUESTION)
    store.nonces.use(NONCE.digest, by="eve", now=NOON)
    for nonce in (NONCE.digest, "unknown"):
        with pytest.raises(CannotAnswer, match="used already"):
            answer(store, nonce=nonce)
    held = store.approvals.load(QUESTION.id)
    assert held is not None
    assert held.state is ApprovalState.PENDING


def test_a_question_is_extended_while_it_is_open_and_never_shortened(store: SqlStore) -> None:
    store.approvals.ask(QUESTION)
    longer = store.approvals.extend(QUESTION.id, NOON + timedelta(hours=1), now=NOON)
    assert longer.expires_at == NOON + timedelta(hours=1)
    assert store.approvals.extend(QUESTION.id, NOON, now=NOON).expires_at == longer.expires_at
    with pytest.raises(CannotAnswer, match="expired"):
        store.approvals.extend(QUESTION.id, NOON + timedelta(hours=9), now=NOON + timedelta(hours=2))


def opened(store: SqlStore, alert: AlertMaker) -> str:
    (incident,) = Correlating(store).run(alert()).incidents.values()
    return incident.id


def said(incident: str, key: str) -> Event:
    return Event(incident, key, NOON, Moment.COMMENTED, Crew.PERSON, "words", {"by": "alex"})


def keys(store: SqlStore, incident: str) -> list[str]:
    return [event.key for event in store.incidents.timeline(incident)]


EFFECTS: dict[str, Callable[[SqlStore, str, Event], object]] = {
    "record": lambda store, _, event: store.incidents.record(event, nonce=NONCE.digest, by="alex"),
    "acknowledge": lambda store, name, event: store.incidents.acknowledge(name, "alex", event, nonce=NONCE.digest),
    "silence": lambda store, _, event: store.silences.put(SILENCE, event, nonce=NONCE.digest),
}


@pytest.mark.parametrize("effect", sorted(EFFECTS))
def test_what_a_button_does_takes_place_with_its_nonce_or_not_at_all(
    store: SqlStore, alert: AlertMaker, effect: str
) -> None:
    incident = opened(store, alert)
    with pytest.raises(CannotAnswer, match="used already"):
        EFFECTS[effect](store, incident, said(incident, "too early"))
    store.nonces.issue([replace(NONCE, incident_id=incident)])
    EFFECTS[effect](store, incident, said(incident, "first"))
    with pytest.raises(CannotAnswer, match="used already"):
        EFFECTS[effect](store, incident, said(incident, "second"))
    written = keys(store, incident)
    assert "first" in written
    assert not {"second", "too early"} & set(written)
    assert len(store.silences.listed(now=NOON)) == (effect == "silence")
    used = store.nonces.load(NONCE.digest)
    assert used is not None
    assert used.used_by == "alex"


@pytest.mark.parametrize("effect", ["record", "acknowledge"])
def test_where_the_effect_cannot_be_the_nonce_is_not_used_up(store: SqlStore, effect: str) -> None:
    store.nonces.issue([NONCE])
    with pytest.raises(LookupError):
        EFFECTS[effect](store, "INC-9", said("INC-9", "first"))
    assert store.nonces.use(NONCE.digest, by="alex", now=NOON)


def test_of_many_who_press_at_once_one_effect_takes_place(store: SqlStore, alert: AlertMaker) -> None:
    incident = opened(store, alert)
    store.nonces.issue([replace(NONCE, incident_id=incident)])

    def press(number: int) -> bool:
        try:
            store.incidents.record(said(incident, f"press {number}"), nonce=NONCE.digest, by="alex")
        except CannotAnswer:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        took = list(pool.map(press, range(8)))
    assert took.count(True) == 1
    assert len([key for key in keys(store, incident) if key.startswith("press")]) == 1


def test_a_no_is_explained_once_by_who_said_it(store: SqlStore, alert: AlertMaker) -> None:
    incident = opened(store, alert)
    store.approvals.ask(replace(QUESTION, incident_id=incident))
    store.nonces.issue([replace(NONCE, incident_id=incident)])

    def explain(by: str, key: str) -> Approval:
        event = said(incident, key)
        return store.approvals.explain(QUESTION.id, event, by=by, reason="guests", nonce=NONCE.digest)

    with pytest.raises(CannotAnswer, match="pending"):
        explain("alex", "too early")
    denied = store.approvals.answer(QUESTION.id, approve=False, by="alex", reason="", plan_hash="abc", now=NOON)
    assert denied.reason == ""
    with pytest.raises(CannotAnswer, match="no no of yours"):
        explain("eve", "another's")
    assert explain("alex", "why-not").reason == "guests"
    with pytest.raises(CannotAnswer):
        explain("alex", "again")
    assert [key for key in keys(store, incident) if key in {"too early", "another's", "why-not", "again"}] == [
        "why-not"
    ]
