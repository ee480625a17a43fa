"""The configuration as a flat list: every value, none of the secrets, and where each came from."""

from __future__ import annotations

from pathlib import Path

from lamplighter.settings import load_settings
from lamplighter.settings.listing import listed


def test_every_value_has_its_origin_and_no_secret_is_told(tmp_path: Path) -> None:
    file = tmp_path / "lamplighter.yaml"
    store = "store:\n  url: postgresql://lamp:planted-secret@db/lamp\n"
    file.write_text(f"site: {{name: attic}}\n{store}autonomy: {{never: ['* on nas']}}\n", encoding="utf-8")
    environment = {"HOME": str(tmp_path), "LAMPLIGHTER_SERVER__PORT": "9000"}
    rows = {row.key: row for row in listed(load_settings(file, environment))}
    assert (rows["site.name"].value, rows["site.name"].origin) == ("attic", "file:1")
    assert rows["autonomy.never.0"].value == "* on nas"
    assert rows["autonomy.never.0"].origin == "file:4"
    assert (rows["server.port"].value, rows["server.port"].origin) == ("9000", "environment")
    assert rows["verify.for"].origin == "default"
    assert "planted-secret" not in str(rows)
    assert any(key.startswith("sources.alertmanager") for key in rows)


def test_values_are_told_as_the_file_writes_them(tmp_path: Path) -> None:
    rows = {row.key: row.value for row in listed(load_settings(None, {"HOME": str(tmp_path)}))}
    assert rows["server.console"] == "true"
    assert rows["verify.for"] == "30"
    assert rows["site.url"] == ""
    assert rows["runbooks"] == ""
