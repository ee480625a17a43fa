"""A support bundle becomes a case: what is read, what is not and why, and which moment it is of."""

from __future__ import annotations

import json
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.lab.bundle import Bundle, bundle_of, open_case
from lamplighter.lab.case_archive import FILE_BYTES_MAX, BadCase

TAKEN = datetime(2026, 1, 5, 12, tzinfo=UTC)
GOLDEN = Path(__file__).parents[2] / "golden" / "cases" / "shop-store-oom-killed"
LOG = b"2026-01-05T11:58:00Z ERROR cannot reach db\n"


def bundle(files: dict[str, bytes], taken: datetime = TAKEN) -> Bundle:
    return bundle_of("night", files, taken, {})


def test_every_output_becomes_evidence_with_what_names_and_text_say_of_it() -> None:
    case = bundle(
        {
            "logs/web.log": LOG,
            "kubectl_get_pods_-n_shop.txt": b"NAME   READY   STATUS   RESTARTS   AGE\nweb-0   0/1   Error   5   9m\n",
            "describe-pod-web-0.txt": b"Name:  web-0\nNamespace:  shop\nNode:  n1\nLabels:  a=b\n",
        }
    ).case
    assert (case.id, case.symptom, [piece.id for piece in case.evidence]) == (
        "night",
        "support bundle night",
        ["e1", "e2", "e3"],
    )
    described, listed, logged = case.evidence
    assert (described.tool, described.params["name"], described.params["kind"]) == ("kubectl.describe", "web-0", "pod")
    assert (listed.tool, listed.params["kind"], listed.params["namespace"]) == ("kubectl.get", "pod", "shop")
    assert (logged.tool, logged.component, logged.params["file"]) == ("logs", "web", "logs/web.log")


def test_the_moment_is_the_newest_that_the_texts_speak_of_and_that_was_not_to_come() -> None:
    certificate = b"2026-01-05T11:00:00Z INFO the certificate ends 2035-01-01T00:00:00Z\n"
    assert bundle({"a.log": certificate, "b.log": LOG}).case.at == datetime(2026, 1, 5, 11, 58, tzinfo=UTC)
    assert bundle({"web.log": b"it went down\n"}).case.at == TAKEN


def test_what_is_not_read_is_named_with_the_reason() -> None:
    found = bundle(
        {
            "web.log": LOG,
            "core.bin": b"\x7fELF\0\0\0",
            "photo.jpg": bytes(range(128, 256)) * 50,
            "README.md": b"# Read me\n",
            "empty.log": b"",
        }
    )
    assert dict(found.left_out) == {
        "core.bin": "binary",
        "photo.jpg": "binary",
        "README.md": "no tool that I know prints such a text",
        "empty.log": "empty",
    }
    assert found.read_as == ("web.log: e1 logs of web",)


def test_a_console_of_windows_is_read_too() -> None:
    found = bundle({"kubectl_top.txt": "NAME    CPU(cores)   MEMORY(bytes)\r\nweb   1m   3Mi\r\n".encode("utf-16")})
    assert found.case.evidence[0].tool == "kubectl.top"
    assert found.case.evidence[0].content.startswith("NAME")


def test_the_end_of_a_long_log_is_kept() -> None:
    (piece,) = bundle({"web.log": LOG * 200_000 + b"2026-01-05T11:59:00Z FATAL the end\n"}).case.evidence
    assert piece.truncated
    assert piece.content.endswith("FATAL the end\n")
    assert len(piece.content) < 5_000_000


def test_a_bundle_is_diagnosed_as_the_case_that_its_outputs_come_from(tmp_path: Path) -> None:
    for name, source in {"docker-inspect-store.json": "e6.json", "docker-events.json": "e7.json"}.items():
        (tmp_path / name).write_bytes((GOLDEN / "evidence" / source).read_bytes())
    best = diagnose(open_case(tmp_path).case).best
    assert best is not None
    assert (best.component, best.fault) == ("store", "oom_killed")


def test_an_archive_of_outputs_is_a_bundle_and_one_with_a_case_in_it_is_a_case(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "case.tar.gz", "w:gz") as archive:
        archive.add(GOLDEN, "x")
    assert open_case(tmp_path / "case.tar.gz").case.id == "shop-store-oom-killed"
    with tarfile.open(tmp_path / "raw.tar.gz", "w:gz") as archive:
        archive.add(GOLDEN / "evidence", "x")
    found = open_case(tmp_path / "raw.tar.gz")
    assert found.case.id == "raw.tar.gz"
    assert "docker.inspect" in {piece.tool for piece in found.case.evidence}


def test_a_file_past_the_bound_does_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_bytes(LOG)
    with (tmp_path / "huge.log").open("wb") as stream:
        stream.truncate(FILE_BYTES_MAX + 1)
    found = open_case(tmp_path)
    assert [piece.component for piece in found.case.evidence] == ["web"]
    assert "too large" in found.left_out["huge.log"]


def test_a_case_past_the_bounds_is_not_read_by_halves(tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text(json.dumps({"schema": "lamplighter.case/1"}))
    with (tmp_path / "huge.log").open("wb") as stream:
        stream.truncate(FILE_BYTES_MAX + 1)
    with pytest.raises(BadCase, match=r"huge\.log: too large"):
        open_case(tmp_path)


def test_a_folder_of_nothing_known_or_of_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCase, match=r"holds neither case\.json nor the output"):
        open_case(tmp_path)
    with pytest.raises(BadCase, match="holds cases, such as one/"):
        bundle({"one/case.json": b"{}", "web.log": LOG})


def test_the_time_of_the_newest_file_stands_in_for_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("it went down\n")
    os.utime(tmp_path / "web.log", (TAKEN.timestamp(), TAKEN.timestamp()))
    assert open_case(tmp_path).case.at == TAKEN


def test_a_unit_of_a_machine_is_known_with_the_machine() -> None:
    stopped = "\u25cf kubelet.service - kubelet\n     Loaded: loaded\n     Active: inactive (dead)\n"
    (piece,) = bundle({"nodes/wk-2/systemctl_status_kubelet.txt": stopped.encode()}).case.evidence
    assert (piece.component, piece.params["unit"], piece.params["node"]) == ("kubelet", "kubelet", "wk-2")
