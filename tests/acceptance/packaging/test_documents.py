"""What the documents show is there, is small, and works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lamplighter.settings import load_settings
from media.__main__ import BYTES_MAX

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
LINK = re.compile(r"!?\[[^\]]*\]\((?P<place>[^)#\s]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"```yaml\n(?P<text>.*?)```", re.DOTALL)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_leads_somewhere(document: Path) -> None:
    places = [found["place"] for found in LINK.finditer(document.read_text(encoding="utf-8"))]
    inside = [place for place in places if not re.match(r"[a-z]+:", place)]
    assert [place for place in inside if not (document.parent / place).exists()] == []


def test_every_picture_is_one_is_small_and_is_shown() -> None:
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    for file in (ROOT / "docs" / "media").glob("*.png"):
        assert file.read_bytes()[: len(PNG)] == PNG
        assert file.stat().st_size <= BYTES_MAX
    pictures = re.findall(r"docs/media/([\w-]+\.png)", shown)
    assert pictures
    assert len(pictures) == len(set(pictures))


def test_the_recording_is_of_this_demo_and_names_no_place_of_the_machine_that_made_it() -> None:
    text = (ROOT / "docs" / "media" / "demo.txt").read_text(encoding="utf-8")
    assert text.startswith("$ lamplighter demo\n")
    assert "demo: 3 incidents, 2 resolved and verified, 1 handed to a person" in text
    assert not re.search(r"/(tmp|root|home)/", text)


def test_the_readmes_configuration_is_one(tmp_path: Path) -> None:
    (block,) = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    secret = tmp_path / "token"
    secret.write_text("123456:ABC-DEF", encoding="utf-8")
    secret.chmod(0o600)
    file = tmp_path / "lamplighter.yaml"
    file.write_text(block.replace("/run/secrets/tg_token", str(secret)), encoding="utf-8")
    assert len(block.splitlines()) <= 12
    assert load_settings(file, {"HOME": str(tmp_path)}).configuration.autonomy.mode == "ask"
