"""A20: secrets of every kind, planted where programs leave them, are in nothing that is kept, shown or told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.domain.evidence import Evidence
from lamplighter.domain.redaction import redact, redact_json
from lamplighter.lab.bundle import open_case
from lamplighter.reports.case_export import case_files
from lamplighter.reports.diagnosis_answer import answer_of
from lamplighter.workflow.world import _safe
from tests.acceptance.attacks.secrets import SECRETS
from tests.acceptance.exam.conftest import Server, alert

if TYPE_CHECKING:
    from tests.acceptance.exam.conftest import CommandLine, Servers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HARMLESS = "the till cannot reach the bank"
PAGES = ("/incidents/{id}", "/alerts", "/silences", "/checks", "/incidents", "/metrics", "/stats")
API = (
    "/api/v1/incidents?limit=200",
    "/api/v1/incidents/{id}",
    "/api/v1/incidents/{id}/timeline",
    "/api/v1/incidents/{id}/alerts",
    "/api/v1/alerts",
    "/api/v1/approvals",
    "/api/v1/dead-letters",
    "/api/v1/status",
)


def text_of(kind: str) -> str:
    held, secret = SECRETS[kind]
    return held.format(secret)


def parts_of(kind: str) -> list[str]:
    return [part for part in SECRETS[kind][1].split("\n") if part]


def found_in(text: str) -> list[str]:
    """The kinds of which any part stands in a text."""
    return [kind for kind in SECRETS if any(part in text for part in parts_of(kind))]


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_in_any_dress_is_taken_out(kind: str) -> None:
    text = text_of(kind)
    dresses = {
        "log": f"2026-01-01T00:00:00Z INFO {text} and more",
        "json": json.dumps({"annotations": {"note": text}, "Env": ["PATH=/bin", f"NOTE={text}"]}),
        "json in json": json.dumps({"log": json.dumps({"msg": text})}),
        "yaml": f"metadata:\n  annotations:\n    note: '{text}'\n",
        "args": json.dumps({"cmd": ["sh", "-c", f"run {text}"]}),
        "journal": f"Mar 01 12:00:00 web1 app[7]: {text}",
        "other letters": f"übung: {text}",
    }
    for name, dress in dresses.items():
        for clean in (redact(dress), redact_json(dress)):
            assert found_in(clean) == [], name


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("media", ["text/plain", "application/json"])
def test_evidence_is_kept_without_secrets(kind: str, media: str) -> None:
    text = text_of(kind)
    content = json.dumps({"State": {"Error": text}}) if media == "application/json" else text
    piece = Evidence("x", "docker.logs", "web", {"query": text, "command": text}, media, content, NOW, error=text)
    safe = _safe(piece, 1)
    assert found_in(f"{safe.content} {safe.error} {safe.params}") == []


def test_a_key_whose_first_line_was_cut_off_is_no_less_a_key() -> None:
    _, secret = SECRETS["private key"]
    cut = f"{secret}\n-----END RSA PRIVATE KEY-----\nINFO ready"
    assert redact(cut) == "[redacted]\nINFO ready"
    assert redact("INFO a\n" * 2_000 + "-----END OF REPORT-----") == "INFO a\n" * 2_000 + "-----END OF REPORT-----"


@pytest.fixture
def poisoned(servers: Servers, tmp_path: Path) -> Server:
    """A server whose one component logs every secret, and has been alerted for with every secret."""
    logs = tmp_path / "logs"
    logs.mkdir()
    lines = [f"{NOW:%Y-%m-%dT%H:%M:%SZ} ERROR {text_of(kind)}" for kind in SECRETS]
    (logs / "till.log").write_text("\n".join([*lines, f"ERROR {HARMLESS}", ""]))
    sources = {"logfile": {"files": {"till": str(logs / "till.log")}, "folders": [str(logs)]}}
    server = servers.new({"sources": sources, "notify": {"log": {}}}).start()
    notes = {f"note{place}": text_of(kind) for place, kind in enumerate(SECRETS)}
    for place, kind in enumerate(SECRETS):
        notes = {"summary": text_of(kind), "description": f"{HARMLESS} {text_of(kind)}", **notes}
        sent = alert(f"Till{place}", labels={"service": "till", "severity": "critical", "note": text_of(kind)})
        server.send({**sent, "annotations": notes, "generatorURL": f"http://x.lan/?token={parts_of(kind)[0]}"})
    return server


def egress(server: Server, command_line: CommandLine) -> dict[str, str]:
    """Everything that leaves, or stays on disk."""
    told: dict[str, str] = {}
    ids = [one["id"] for one in server.incidents()]
    for incident in ids[:3]:
        server.in_state(incident, "needs_human", "awaiting_approval", "resolved", "waiting", seconds=60)
        for path in (*API, *PAGES):
            told[path.format(id=incident)] = server.client.get(path.format(id=incident)).text
        for words in (("show", incident), ("show", incident, "-o", "json"), ("timeline", incident)):
            ended = command_line.run(
                "incidents", *words, LAMPLIGHTER_URL=str(server.client.base_url), LAMPLIGHTER_TOKEN=server.token
            )
            told[f"incidents {words}"] = ended.out + ended.err
    told["log"] = server.log
    for file in sorted(server.data.rglob("*")):
        if file.is_file():
            told[file.name] = file.read_bytes().decode("utf-8", "replace")
    return told


def test_no_planted_secret_leaves_by_any_door(poisoned: Server, command_line: CommandLine) -> None:
    told = egress(poisoned, command_line)
    # The clean twin: what is no secret is there, and the log was looked at.
    assert HARMLESS in " ".join(told.values())
    assert "the till cannot reach" in told["lamplighter.db"] + told.get("lamplighter.db-wal", "")
    leaks = {door: kinds for door, text in told.items() if (kinds := found_in(text))}
    assert leaks == {}


def _on_disk(folder: Path) -> tuple[Path, Path]:
    """A case and a support bundle whose log, alert and symptom hold every secret."""
    log = "\n".join([*(f"{NOW:%Y-%m-%dT%H:%M:%SZ} ERROR {text_of(kind)}" for kind in SECRETS), f"ERROR {HARMLESS}"])
    case, bundle = folder / "case", folder / "bundle"
    for place in (case / "evidence", bundle / "logs"):
        place.mkdir(parents=True)
    (case / "evidence" / "e1.log").write_text(log)
    (bundle / "logs" / "till.log").write_text(log)
    every = " ".join(text_of(kind) for kind in SECRETS)
    whole = {
        "schema": "lamplighter.case/1",
        "id": "till",
        "at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "symptom": f"{HARMLESS} {every}",
        "alerts": [alert("TillDark", labels={"service": "till", "note": every})],
        "changes": [{"at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "component": "till", "what": every}],
        "evidence": [{"id": "e1", "tool": "logs", "params": {"component": "till"}, "file": "evidence/e1.log"}],
    }
    (case / "case.json").write_text(json.dumps(whole))
    return case, bundle


@pytest.mark.parametrize("kind", SECRETS)
def test_no_fact_of_a_case_on_disk_holds_a_secret(kind: str, tmp_path: Path) -> None:
    case, _ = _on_disk(tmp_path)
    (case / "evidence" / "e1.log").write_text(f"ERROR {text_of(kind)}\nERROR {HARMLESS}")
    known = open_case(case).case
    told = json.dumps(answer_of(known.id, diagnose(known)), default=str)
    assert found_in(told) == []
    assert HARMLESS in told
    kept = b"".join(case_files(known).values()).decode()
    assert found_in(kept) == []


def test_no_secret_of_a_case_or_bundle_on_disk_is_printed(command_line: CommandLine, tmp_path: Path) -> None:
    case, bundle = _on_disk(tmp_path)
    runs = (
        ("diagnose", str(case)),
        ("diagnose", str(case), "-o", "json"),
        ("diagnose", str(bundle), "-v", "-m", f"till: {text_of('bearer')}"),
        ("replay", str(case)),
        ("replay", str(case), "-o", "json"),
    )
    for words in runs:
        ended = command_line.run(*words)
        assert ended.code == 0, ended.err
        assert found_in(ended.out + ended.err) == [], words
