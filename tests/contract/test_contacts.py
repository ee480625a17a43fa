"""What every contact of an integration keeps to: a few words where it is seen, a `ToolError` where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamplighter.ports import Contact, ToolError
from lamplighter.testing import NOON, roles_of, serving_json

AWAY = "http://127.0.0.1:9"
NOW = str(NOON.timestamp())
SCALAR = {"status": "success", "data": {"resultType": "scalar", "result": [NOON.timestamp(), NOW]}}
SEEN: dict[str, tuple[dict[str, object], str]] = {
    "prometheus": ({"/api/v1/query": SCALAR}, "answers queries"),
    "alertmanager": ({"/api/v2/alerts": []}, "0 alerts are active"),
    "loki": ({"/loki/api/v1/labels": {"status": "success", "data": ["job"]}}, "1 labels in the last hour"),
    "grafana": ({"/api/annotations": []}, "may read annotations"),
}
STRANGE: dict[str, dict[str, object]] = {
    "prometheus": {"/api/v1/query": {"status": "error", "error": "no"}},
    "alertmanager": {"/api/v2/alerts": {"message": "hello"}},
    "loki": {"/loki/api/v1/labels": {"status": "sad"}},
    "grafana": {"/api/annotations": {"message": "hello"}},
}


def contact_of(name: str, config: dict[str, object]) -> Contact:
    found = roles_of(name, config).contact
    assert found is not None
    return found


@pytest.mark.parametrize("name", sorted(SEEN))
async def test_what_answers_is_seen_in_a_few_words(name: str) -> None:
    answers, words = SEEN[name]
    with serving_json() as server:
        server.answers = answers
        assert await contact_of(name, {"url": server.url})() == words


@pytest.mark.parametrize("name", sorted(STRANGE))
async def test_what_answers_like_another_program_is_not_seen(name: str) -> None:
    with serving_json() as server:
        server.answers = STRANGE[name]
        with pytest.raises(ToolError):
            await contact_of(name, {"url": server.url})()


@pytest.mark.parametrize(
    ("name", "config"),
    [
        *((name, {"url": AWAY}) for name in sorted(SEEN)),
        ("telegram", {"token": "1:hunter2", "chat": 1, "api_url": AWAY}),
        ("postgresql", {"url": "postgresql://me:hunter2@127.0.0.1:9/x", "components": ["db"]}),
        ("ansible", {"folder": "/nowhere/at/all"}),
        ("ansible", {"ara_url": AWAY}),
        ("logfile", {"files": {"web": "/nowhere/at/all"}, "folders": ["/nowhere"]}),
        (
            "host",
            {"hosts": [{"name": "nas", "address": "127.0.0.1", "port": 9, "user": "me", "key_file": "/nowhere/key"}]},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_away_raises_with_the_raw_reason_and_no_secret(name: str, config: dict[str, object]) -> None:
    with pytest.raises(ToolError) as raised:
        await contact_of(name, config)()
    assert str(raised.value)
    assert "hunter2" not in str(raised.value)


async def test_a_clock_that_is_far_from_ours_is_told_because_freshness_hangs_on_it() -> None:
    with serving_json() as server:
        late = str(NOON.timestamp() - 3600)
        server.answers = {
            "/api/v1/query": {
                "status": "success",
                "data": {"resultType": "scalar", "result": [NOON.timestamp() - 3600, late]},
            }
        }
        with pytest.raises(ToolError, match="3600 s behind ours"):
            await contact_of("prometheus", {"url": server.url})()


async def test_files_and_folders_that_are_there_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("a line\n", encoding="utf-8")
    files = {"files": {"web": f"{tmp_path}/*.log"}, "folders": [str(tmp_path)]}
    assert await contact_of("logfile", files)() == "1 files can be read"
    assert await contact_of("ansible", {"folder": str(tmp_path)})() == "0 runs in the last day"
    assert await contact_of("host", {})() == "this machine"


def test_what_is_only_listened_to_has_no_contact() -> None:
    for name in ("alertmanager", "grafana", "manual", "pagerduty", "cloudevents", "uptime_kuma"):
        assert roles_of(name).contact is None
