from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.change import Change
from lamplighter.domain.discretion import discreet, discreet_case
from lamplighter.domain.evidence import Case, Evidence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "correcthorsebattery"
TEXT = f"db_password={SECRET} lamp=7"
PIECE = Evidence("e1", "logs", "quay", {"query": TEXT, "token": SECRET}, "text/plain", TEXT, NOW, error=TEXT)


def test_no_text_of_a_piece_keeps_a_secret() -> None:
    safe = discreet(PIECE)
    assert SECRET not in repr(safe)
    assert "lamp=7" in safe.content
    assert safe.params["token"] == "[redacted]"


def test_json_is_json_afterwards() -> None:
    held = json.dumps({"Env": [f"DB_PASSWORD={SECRET}"], "oil": 7})
    safe = discreet(replace(PIECE, media="application/json", content=held))
    assert SECRET not in safe.content
    assert json.loads(safe.content)["oil"] == 7


def test_a_case_keeps_no_secret_in_words_alerts_changes_and_evidence() -> None:
    labels = {"alertname": "QuayDark", "note": TEXT}
    alert = Alert("am", "f", AlertStatus.FIRING, labels, {"summary": TEXT}, NOW, None, f"http://x.lan/?token={SECRET}")
    case = Case("c", NOW, TEXT, (alert,), ("quay",), (), (Change(NOW, "quay", TEXT, "git"),), (PIECE,))
    safe = discreet_case(case)
    assert SECRET not in repr(safe)
    assert (safe.components, safe.alerts[0].name) == (("quay",), "QuayDark")


def test_what_holds_no_secret_stays_as_it_is() -> None:
    case = Case("c", NOW, "the quay is dark", evidence=(replace(PIECE, params={}, content="lamp 7 lit", error=""),))
    assert discreet_case(case) == case
