from __future__ import annotations

from pathlib import Path

from lamplighter.settings import Settings, load_settings
from lamplighter.settings.changes import LIVE, adopted, changes
from lamplighter.settings.model import Configuration


def settings(folder: Path, text: str) -> Settings:
    file = folder / "lamplighter.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, {"HOME": str(folder)})


OLD = """\
autonomy: {mode: ask}
server: {port: 1000}
sources: {prometheus: {url: http://p, bearer_token: hunter1}}
checks: [{name: a, disk: /}]
"""
NEW = """\
autonomy: {mode: watch, never: ['* on nas'], limits: {total: 2/1h}}
server: {port: 2000}
sources: {prometheus: {url: http://p, bearer_token: hunter2}, loki: {url: http://l}}
checks: [{name: b, disk: /}]
"""


def test_what_holds_at_once_is_told_from_what_waits(tmp_path: Path) -> None:
    found = changes(settings(tmp_path, OLD), settings(tmp_path, NEW))
    assert found.applied == ("autonomy.limits.total.count", "autonomy.mode", "autonomy.never")
    assert {"server.port", "checks", "sources.prometheus.bearer_token", "sources.loki.url"} <= set(found.restart)
    assert "hunter" not in repr(found)


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    found = changes(settings(tmp_path, OLD), settings(tmp_path, OLD))
    assert (found.applied, found.restart) == ((), ())


def test_an_integration_without_settings_is_a_change_too(tmp_path: Path) -> None:
    found = changes(settings(tmp_path, "sources: {}\n"), settings(tmp_path, "sources: {cloudwatch: {topics: []}}\n"))
    assert any(key.startswith("sources.cloudwatch") for key in found.restart)


def test_what_waits_is_shown_as_it_still_is(tmp_path: Path) -> None:
    old, new = settings(tmp_path, OLD), settings(tmp_path, NEW)
    now = adopted(old, new)
    assert now.configuration.autonomy == new.configuration.autonomy
    assert now.configuration.server.port == 1000
    assert now.sources == old.sources
    assert now.written["server"] == {"port": 1000}
    assert now.origins["autonomy.never"] == "file:1"
    # What waits is still named as a change at the next reload.
    assert "server.port" in changes(now, new).restart
    assert changes(now, new).applied == ()


def test_every_live_section_is_one() -> None:
    assert set(Configuration.model_fields) >= LIVE
