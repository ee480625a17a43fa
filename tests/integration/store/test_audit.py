"""The audit log over both databases: one chain whoever writes, in the transaction of the act; what pruning leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from lamplighter.domain.access import Role, Scope, Via
from lamplighter.domain.account import Account, ApiToken, LastAdmin, NameTaken, Session
from lamplighter.domain.alert import Alert
from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer
from lamplighter.domain.audit import Row, What, act
from lamplighter.domain.chain import LOST, Broken, Checked, Fault, Head, judged, looked_through
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import ActsWanted, Keeping, StoreUnavailable
from lamplighter.store import SqlStore
from lamplighter.store.audit import append, rows_after
from lamplighter.store.tables import audit, audit_head

HOUR = timedelta(hours=1)
WRITERS, EACH = 2, 200
Opened = Callable[..., SqlStore]


def rows_of(store: SqlStore) -> Sequence[Row]:
    rows: list[Row] = []
    while more := store.audit.after(rows[-1].seq if rows else 0, 500):
        rows.extend(more)
    return rows


def whole(store: SqlStore) -> Checked | Broken:
    found = looked_through(rows_of(store), head=store.audit.head())
    return found if isinstance(found, Broken) else judged(found, store.audit.head()) or found


def told(store: SqlStore) -> list[tuple[str, str, str]]:
    """What is in the log after its beginning: actor, act, on what."""
    return [(row.actor, row.what, row.on) for row in rows_of(store)[1:]]


def ann(now: datetime, **more: object) -> Account:
    return replace(Account("ann", Role.ADMIN, "$argon2id$…", "s1", now, now), **more)  # type: ignore[arg-type]


def question(now: datetime, **more: object) -> Approval:
    asked = Approval("APR-1", "INC-1", "hash", "restart web", now, now + HOUR, ApprovalState.PENDING)
    return replace(asked, **more)  # type: ignore[arg-type]


def attempt(now: datetime, **more: object) -> Attempt:
    made = Attempt("key", "INC-1", "hash", "APR-1", "docker", "restart", "id-1", "web", {}, AttemptState.PLANNED, now)
    return replace(made, **more)  # type: ignore[arg-type]


def answer(store: SqlStore, now: datetime, *, approve: bool = True) -> None:
    store.approvals.answer("APR-1", approve=approve, by="ann", reason="go", plan_hash="hash", now=now)


def test_a_log_begins_with_the_name_of_the_installation_and_goes_on_over_a_restart(
    store: SqlStore, url: str, opened: Opened, now: datetime
) -> None:
    assert whole(store) == Checked()
    assert store.audit.write(act(now, "ann", What.PAUSED, "all"))
    first = rows_of(store)[0]
    assert (first.seq, first.what, len(first.on)) == (1, What.CHAIN_BEGUN, 32)
    again = opened(url)
    assert again.audit.write(act(now, "ann", What.RESUMED, "all"))
    assert [row.seq for row in rows_of(store)] == [1, 2, 3]
    assert isinstance(whole(store), Checked)


def test_an_act_with_a_key_is_written_once(store: SqlStore, now: datetime) -> None:
    paused = act(now, "ann", What.PAUSED, "all")
    assert store.audit.write(paused, key="one")
    assert not store.audit.write(paused, key="one")
    assert store.audit.write(paused, key="two")
    assert told(store) == [("ann", "paused", "all")] * 2


def test_each_act_on_people_is_written_with_who_did_it(store: SqlStore, now: datetime) -> None:
    store.setup_links.add("d", now, only=False)
    store.setup_links.use("d", ann(now))
    store.accounts.add(ann(now, name="bob", role=Role.VIEWER), by="ann")
    store.accounts.set_role("bob", Role.OPERATOR, now, by="ann")
    store.accounts.set_password("bob", "$other", "s2", now, by="bob")
    store.accounts.invite(ann(now, name="kim", role=Role.VIEWER, password_hash="", stamp="link"), by="ann")
    store.accounts.accept("link", "$argon2id$…", "s3", now)
    store.sessions.open(Session("c", "kim", Role.VIEWER, Via.PASSWORD, "s3", now, now + HOUR))
    store.sessions.end_all("kim", now, by="ann")
    store.accounts.remove("kim", now, by="ann")
    made = store.api_tokens.add(ApiToken("", "grafana", "digest", frozenset({Scope.DELIVER}), "ann", now))
    store.api_tokens.revoke(made.id, now, by="bob")
    store.api_tokens.revoke(made.id, now, by="bob")
    assert told(store) == [
        ("lamplighter", "setup_link_made", "setup"),
        ("ann", "setup_link_used", "ann"),
        ("ann", "account_made", "bob"),
        ("ann", "role_changed", "bob"),
        ("bob", "password_changed", "bob"),
        ("ann", "invitation_made", "kim"),
        ("kim", "invitation_used", "kim"),
        ("kim", "signed_in", "kim"),
        ("ann", "sessions_ended", "kim"),
        ("ann", "account_removed", "kim"),
        ("ann", "token_made", "TOK-1"),
        ("bob", "token_revoked", "TOK-1"),
    ]
    assert isinstance(whole(store), Checked)


def test_what_did_not_take_place_is_not_in_the_log(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    before = told(store)
    refused: list[tuple[Callable[[], object], type[Exception]]] = [
        (lambda: store.accounts.add(ann(now)), NameTaken),
        (lambda: store.accounts.remove("ann", now), LastAdmin),
        (lambda: store.accounts.set_role("nobody", Role.ADMIN, now), LookupError),
        (lambda: store.accounts.accept("no link", "$", "s", now), LookupError),
        (lambda: store.setup_links.use("no link", ann(now, name="eve")), LookupError),
        (lambda: store.api_tokens.revoke("TOK-9", now), LookupError),
        (lambda: store.silences.end("SIL-9", now), LookupError),
        (lambda: answer(store, now), LookupError),
        (lambda: store.ledger.end("no key", AttemptState.DONE, "", now), LookupError),
    ]
    for work, problem in refused:
        with pytest.raises(problem):
            work()
    assert told(store) == before


def test_an_act_that_is_rolled_back_leaves_no_row(store: SqlStore, now: datetime) -> None:
    def break_off() -> None:
        with store._database.writing() as connection:
            append(connection, act(now, "ann", What.PAUSED, "all"))
            raise KeyError("no")

    with pytest.raises(KeyError):
        break_off()
    assert rows_of(store) == []
    store.audit.write(act(now, "ann", What.RESUMED, "all"))
    assert told(store) == [("ann", "resumed", "all")]


def test_answers_and_actions_are_written_with_who_wanted_them(
    store: SqlStore, placed: Callable[[Alert], Incident | None], alert: Callable[..., Alert], now: datetime
) -> None:
    placed(alert())
    store.approvals.ask(question(now))
    store.approvals.extend("APR-1", now + 2 * HOUR, now=now, by="bob")
    answer(store, now)
    with pytest.raises(CannotAnswer):
        answer(store, now, approve=False)
    store.ledger.plan(attempt(now), approval_id="APR-1")
    assert store.ledger.start("key", {}, now)
    assert not store.ledger.start("key", {}, now)
    store.ledger.end("key", AttemptState.DONE, "it runs; password=hunter2hunter2", now)
    store.ledger.end("key", AttemptState.FAILED, "again", now)
    assert told(store) == [
        ("bob", "approval_snoozed", "INC-1"),
        ("ann", "approval_granted", "INC-1"),
        ("ann", "action_begun", "INC-1"),
        ("ann", "action_ended", "INC-1"),
    ]
    ended = rows_of(store)[-1].detail
    assert (ended["how"], ended["verb"], ended["target"], ended["plan"]) == ("done", "restart", "web", "hash")
    assert "hunter2" not in repr(rows_of(store))


def test_what_the_policy_alone_lets_run_is_nobodys_act(store: SqlStore, now: datetime) -> None:
    store.ledger.plan(attempt(now, grant="policy-1"), approval_id="")
    store.ledger.start("key", {}, now)
    assert told(store) == [("lamplighter", "action_begun", "INC-1")]
    assert rows_of(store)[-1].detail["granted"] == "policy"


def test_what_people_do_to_incidents_is_written_and_what_the_response_does_is_not(
    store: SqlStore, placed: Callable[[Alert], Incident | None], alert: Callable[..., Alert], now: datetime
) -> None:
    for name in ("f1", "f2"):
        placed(alert(name))
    assert rows_of(store) == [], "placing alerts writes no row"

    def event(number: int, key: str, moment: Moment, crew: Crew = Crew.PERSON) -> Event:
        return Event(f"INC-{number}", key, now, moment, crew, "words", {"by": "ann"})

    store.incidents.move("INC-1", State.ANALYSING, event(1, "a", Moment.CLOSED, Crew.ANALYST))
    store.incidents.move("INC-1", State.RESOLVED, event(1, "b", Moment.CLOSED), resolution="swapped", by="ann")
    store.incidents.move("INC-1", State.RESOLVED, event(1, "b", Moment.CLOSED), resolution="swapped", by="ann")
    store.incidents.reopen("INC-1", event(1, "c", Moment.REOPENED))
    store.incidents.reopen("INC-1", event(1, "c", Moment.REOPENED))
    store.incidents.merge("INC-2", "INC-1", event(2, "d", Moment.MERGED))
    trouble = store.incidents.members("INC-1")[-1].trouble
    store.incidents.split("INC-1", trouble, ("one", "other"), event(1, "e", Moment.SPLIT))
    assert told(store) == [
        ("ann", "incident_closed", "INC-1"),
        ("ann", "incident_reopened", "INC-1"),
        ("ann", "incident_merged", "INC-2"),
        ("ann", "incident_split", "INC-1"),
    ]


def test_silences_are_written_as_ours_or_as_another_systems(store: SqlStore, now: datetime) -> None:
    matchers = (Matcher("container", Op.EQUAL, "web"),)
    ours = store.silences.put(Silence("", matchers, now, now + HOUR, "ann", "disks"))
    store.silences.put(replace(ours, outside_id="there"))
    store.silences.put(replace(ours, outside_id="there", ends_at=now + 2 * HOUR))
    store.silences.put(replace(ours, outside_id="there", ends_at=now + 3 * HOUR), by="alertmanager")
    assert rows_of(store)[-1].detail["author"] == "ann"
    store.silences.end(ours.id, now, by="bob")
    store.silences.end(ours.id, now, by="bob")
    theirs = Silence("", matchers, now, now + HOUR, "ann", "theirs", "alertmanager", "x")
    store.silences.put(theirs)
    assert told(store) == [
        ("ann", "silence_made", "SIL-1"),
        ("ann", "silence_changed", "SIL-1"),
        ("alertmanager", "silence_changed", "SIL-1"),
        ("bob", "silence_ended", "SIL-1"),
        ("alertmanager", "silence_made", "SIL-2"),
    ]


@pytest.mark.parametrize("share", ["threads", "stores"])
def test_several_writers_make_one_chain_without_a_gap(
    store: SqlStore, url: str, opened: Opened, now: datetime, share: str
) -> None:
    stores = [store, store if share == "threads" else opened(url)]

    def work(writer: int) -> None:
        for number in range(EACH):
            if number % 2:
                stores[writer].accounts.add(ann(now, name=f"w{writer}-{number}", role=Role.VIEWER), by="ann")
            else:
                stores[writer].audit.write(act(now, f"w{writer}", What.PAUSED, "all", number=str(number)))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))
    rows = rows_of(store)
    assert [row.seq for row in rows] == list(range(1, WRITERS * EACH + 2))
    assert isinstance(whole(store), Checked)
    assert len({(row.actor, row.what, row.on, *row.detail.values()) for row in rows[1:]}) == WRITERS * EACH


def test_rows_are_listed_newest_first_by_who_what_on_what_and_since_when(store: SqlStore, now: datetime) -> None:
    for number in range(5):
        at = now + number * HOUR
        store.audit.write(act(at, "ann" if number % 2 else "bob", What.PAUSED, f"INC-{number}"))
    listed = store.audit.listed
    assert [row.seq for row in listed(limit=3)] == [6, 5, 4]
    assert [row.seq for row in listed(limit=3, before=4)] == [3, 2, 1]
    assert [row.seq for row in listed(ActsWanted(actor="ann"))] == [5, 3]
    assert [row.seq for row in listed(ActsWanted(what="chain_begun"))] == [1]
    assert [row.seq for row in listed(ActsWanted(on="INC-3"))] == [5]
    assert [row.seq for row in listed(ActsWanted(since=now + 3 * HOUR))] == [6, 5]


def test_a_change_in_the_database_is_found(store: SqlStore, now: datetime) -> None:
    for number in range(6):
        store.audit.write(act(now, "ann", What.PAUSED, "all", number=str(number)))
    changes = [
        (update(audit).where(audit.c.seq == 3).values(actor="eve"), 3, Fault.CHANGED),
        (update(audit).where(audit.c.seq == 4).values(detail="no JSON"), 4, Fault.CHANGED),
        (delete(audit).where(audit.c.seq == 2), 2, Fault.MISSING),
        (delete(audit).where(audit.c.seq == 7), 7, Fault.CUT),
        (delete(audit).where(audit.c.seq == 1), 1, Fault.MISSING),
        (update(audit_head).values(seq=5), 6, Fault.INSERTED),
    ]
    for change, seq, fault in changes:
        with store._database.writing() as connection, connection.begin_nested() as undone:
            connection.execute(change)
            rows = rows_after(connection, 0, 100)
            head = Head(*connection.execute(select(audit_head.c.seq, audit_head.c.hash)).one())
            undone.rollback()
        known = looked_through(rows, head=head)
        found = known if isinstance(known, Broken) else judged(known, head)
        assert found is not None
        assert (found.seq, found.fault) == (seq, fault)
    assert isinstance(whole(store), Checked)


def test_without_its_head_nothing_is_done(store: SqlStore, now: datetime) -> None:
    with store._database.writing() as connection:
        connection.execute(delete(audit_head))
    with pytest.raises(StoreUnavailable, match="lost its head"):
        store.accounts.add(ann(now))
    assert store.accounts.load("ann") is None


def test_with_two_heads_or_a_row_behind_the_newest_nothing_is_done(store: SqlStore, now: datetime) -> None:
    store.audit.write(act(now, "ann", What.PAUSED, "all"))
    newest = store.audit.head()
    with store._database.writing() as connection:
        connection.execute(update(audit_head).values(seq=1))
    with pytest.raises(StoreUnavailable, match="row 2 already"):
        store.accounts.add(ann(now))
    with store._database.writing() as connection:
        connection.execute(audit_head.insert().values(id=2, seq=newest.seq, hash=newest.hash, installation="x"))
    with pytest.raises(StoreUnavailable, match="lost its head"):
        store.accounts.add(ann(now))
    assert store.audit.head() == LOST
    assert store.accounts.load("ann") is None


def test_pruning_leaves_a_chain_that_is_whole_and_says_what_went(store: SqlStore, now: datetime) -> None:
    for day in range(20):
        store.audit.write(act(now + timedelta(days=day), "ann", What.PAUSED, "all", day=str(day)))
    gone = rows_of(store)[10]
    later = now + timedelta(days=20)
    keeping = Keeping(audit_seconds=timedelta(days=10).total_seconds())
    assert store.retention.prune(keeping, later) == 11
    assert store.retention.prune(keeping, later) == 0, "the row that says so is no reason for another"
    rows = rows_of(store)
    assert (rows[0].seq, rows[-1].what) == (12, What.ROWS_PRUNED)
    assert rows[-1].detail == {"through": "11", "hash": gone.hash, "rows": "11"}
    assert isinstance(whole(store), Checked)


def test_pruning_waits_until_it_is_worth_a_row(store: SqlStore, now: datetime) -> None:
    for day in range(20):
        store.audit.write(act(now + timedelta(days=day), "ann", What.PAUSED, "all", day=str(day)))
    keeping = Keeping(audit_seconds=timedelta(days=19).total_seconds())
    assert store.retention.prune(keeping, now + timedelta(days=20)) == 0


def test_a_log_that_nothing_was_added_to_for_long_keeps_its_newest_row(store: SqlStore, now: datetime) -> None:
    for number in range(3):
        store.audit.write(act(now, "ann", What.PAUSED, "all", number=str(number)))
    assert store.retention.prune(Keeping(audit_seconds=1.0), now + timedelta(days=20)) == 3
    assert [(row.seq, row.what) for row in rows_of(store)] == [(4, What.PAUSED), (5, What.ROWS_PRUNED)]
    assert isinstance(whole(store), Checked)
