"""The folder of runbooks on a real disk: what is read, and what must be left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lamplighter.knowledge.folder import DEPTH_MAX, FILE_BYTES_MAX, read_runbooks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "runbooks"
    (made / "disk").mkdir(parents=True)
    (made / "disk" / "full.md").write_text("# Free a full disk\nno space left")
    (made / "dns.markdown").write_text("---\ntitle: DNS\n---\nnames are not resolved")
    return made


def names(folder: Path) -> list[str]:
    return [page.name for page in read_runbooks(folder)[0].pages]


def test_every_page_is_read(folder: Path) -> None:
    runbooks, warnings = read_runbooks(folder)
    assert [(page.name, page.title) for page in runbooks.pages] == [
        ("dns.markdown", "DNS"),
        ("disk/full.md", "Free a full disk"),
    ]
    assert warnings == ()
    assert runbooks.find("no space left on device", {})[0][0] == "disk/full.md"


def test_no_folder_is_no_runbooks(tmp_path: Path) -> None:
    assert read_runbooks(None)[1] == ()
    runbooks, warnings = read_runbooks(tmp_path / "gone")
    assert runbooks.pages == ()
    assert "there is no folder" in warnings[0]


def test_hidden_files_and_other_kinds_are_left_out_without_a_word(folder: Path) -> None:
    (folder / ".secret.md").write_text("# hidden")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.md").write_text("# hidden")
    (folder / "script.sh").write_text("# not Markdown")
    assert len(names(folder)) == 2
    assert read_runbooks(folder)[1] == ()


def test_links_are_followed_only_within_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text("# outside")
    (folder / "out.md").symlink_to(tmp_path / "outside.md")
    (folder / "passwd.md").symlink_to("/etc/passwd")
    (folder / "loop.md").symlink_to(folder / "loop.md")
    (folder / "dangling.md").symlink_to(folder / "gone.md")
    (folder / "in.md").symlink_to(folder / "disk" / "full.md")
    (folder / "up").symlink_to(tmp_path)
    runbooks, warnings = read_runbooks(folder)
    assert {page.name for page in runbooks.pages} == {"dns.markdown", "disk/full.md", "in.md"}
    assert len([one for one in warnings if "leads out of the folder" in one]) == 2
    assert len(warnings) == 4


def test_a_folder_that_is_itself_a_link_is_one(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert len(names(tmp_path / "link")) == 2


def test_what_is_too_large_or_no_file_is_said(folder: Path) -> None:
    (folder / "large.md").write_bytes(b"x" * (FILE_BYTES_MAX + 1))
    os.mkfifo(folder / "pipe.md")
    (folder / "dir.md").mkdir()
    warnings = read_runbooks(folder)[1]
    assert len(names(folder)) == 2
    assert ["large.md is larger" in warnings[0], "pipe.md is no file" in warnings[1]] == [True, True]


def test_a_page_whose_front_cannot_be_read_is_kept_with_a_warning(folder: Path) -> None:
    (folder / "odd.md").write_text("---\ntitle: [\n---\nflux capacitor")
    (folder / "bytes.md").write_bytes(b"# caf\xe9\n")
    runbooks, warnings = read_runbooks(folder)
    assert len(runbooks.pages) == 4
    assert len(warnings) == 1
    assert warnings[0].startswith("runbooks: odd.md: its front matter cannot be read")


def test_it_goes_down_only_so_far(folder: Path) -> None:
    deep = folder.joinpath(*["d"] * (DEPTH_MAX + 1))
    deep.mkdir(parents=True)
    (deep / "deep.md").write_text("# deep")
    (deep.parent / "just.md").write_text("# just")
    assert [name for name in names(folder) if "just" in name or "deep" in name] == [
        "/".join(["d"] * DEPTH_MAX) + "/just.md"
    ]
