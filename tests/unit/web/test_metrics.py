"""What Prometheus is told, and that no label grows with what comes in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lamplighter.domain.alert import JournalEntry
from lamplighter.domain.check import Sample, SampleState, Watch
from lamplighter.domain.incident import State
from lamplighter.testing import NOON, firing

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench


def told(bench: Bench) -> dict[str, float]:
    lines = [line for line in bench.context.metrics.text().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_open_incidents_are_told_by_severity_and_state(bench: Bench) -> None:
    bench.incidents.open(1, firing("A"), state=State.ANALYSING)
    bench.incidents.open(2, firing("B", severity="warning"), state=State.NEEDS_HUMAN)
    bench.incidents.open(3, state=State.RESOLVED)
    found = told(bench)
    assert found['lamplighter_incidents_open{severity="critical",status="analysing"}'] == 1
    assert found['lamplighter_incidents_open{severity="warning",status="needs_human"}'] == 1
    assert found['lamplighter_incidents_open{severity="other",status="received"}'] == 0
    assert found['lamplighter_incidents_total{outcome="resolved"}'] == 1
    assert sum(number for name, number in found.items() if name.startswith("lamplighter_incidents_open")) == 2


def test_what_came_in_and_when_is_told_by_source(bench: Bench) -> None:
    bench.context.metrics.received("manual", "accepted", 2)
    bench.context.metrics.received("manual", "refused", 1)
    bench.context.metrics.received("other", "refused", 1)
    found = told(bench)
    assert found['lamplighter_alerts_received_total{result="accepted",source="manual"}'] == 2
    at = bench.clock.now().timestamp()
    assert found['lamplighter_source_last_data_timestamp_seconds{source="manual"}'] == at
    assert 'lamplighter_source_last_data_timestamp_seconds{source="other"}' not in found


def test_what_became_of_messages_is_told_by_channel(bench: Bench) -> None:
    bench.app.communicator.postman.counts["telegram", "dead"] += 2
    assert told(bench)['lamplighter_notify_total{channel="telegram",result="dead"}'] == 2


def test_the_line_and_the_storm(bench: Bench) -> None:
    held = replace(bench.incidents.open(1), held="a storm")
    bench.app.dispatch.line = {"INC-1": held, "INC-2": replace(held, held="")}
    bench.app.dispatch.storm = object()
    found = told(bench)
    assert found["lamplighter_responses_waiting"] == 2
    assert found["lamplighter_responses_held"] == 1
    assert found["lamplighter_storm"] == 1


def test_how_long_the_oldest_alert_waits(bench: Bench) -> None:
    assert told(bench)["lamplighter_journal_waiting_seconds"] == 0
    bench.journal.waiting = [JournalEntry(1, bench.clock.now() - timedelta(seconds=7), firing())]
    assert told(bench)["lamplighter_journal_waiting_seconds"] == 7


def test_a_check_that_cannot_see_is_neither_good_nor_unseen_by_prometheus(bench: Bench) -> None:
    bench.patrol.watches["NAS"] = Watch(last=Sample("NAS", NOON, SampleState.CANNOT_SEE, "no route"))
    bench.patrol.took_seconds["NAS"] = 0.5
    found = told(bench)
    assert found['lamplighter_check_success{check="NAS"}'] == 0
    assert found['lamplighter_check_seen{check="NAS"}'] == 0
    assert found['lamplighter_check_duration_seconds{check="NAS"}'] == 0.5


def test_a_store_that_is_away_is_told_and_the_rest_is_still_there(bench: Bench) -> None:
    bench.journal.away = True
    found = told(bench)
    assert found["lamplighter_store_up"] == 0
    assert "lamplighter_paused" in found


def test_no_label_names_an_incident_or_what_an_alert_says(bench: Bench) -> None:
    bench.incidents.open(1, firing("Xss<script>", container="secret-part"))
    text = bench.context.metrics.text().decode()
    assert "INC-1" not in text
    assert "secret-part" not in text
    assert "Xss" not in text
