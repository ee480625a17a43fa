"""The files of a case: from folders and archives, bounded, and never from elsewhere on the machine."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from lamplighter.lab.case_archive import FILE_BYTES_MAX, FILES_MAX, BadCase, cases_below, files_of, is_case

FILES = {"case.json": b"{}", "evidence/e1.txt": b"one line\n"}


def folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def below(files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"case-1/{name}": data for name, data in files.items()}


def test_a_folder_a_tar_and_a_zip_hold_the_same_files(tmp_path: Path) -> None:
    for path in (
        folder(tmp_path / "plain", FILES),
        tar(tmp_path / "a.tar.gz", FILES),
        zipped(tmp_path / "a.zip", FILES),
        tar(tmp_path / "b.tgz", below(FILES)),
        zipped(tmp_path / "b.zip", below(FILES)),
        tar(tmp_path / "c.tar.gz", {f"./{name}": data for name, data in FILES.items()}),
    ):
        assert files_of(path) == FILES


def test_cases_are_found_at_any_depth_in_the_order_of_names(tmp_path: Path) -> None:
    folder(tmp_path / "set-b" / "case-2", FILES)
    folder(tmp_path / "set-a", {"notes.txt": b"no case"})
    tar(tmp_path / "set-a" / "case-1.tar.gz", FILES)
    found = list(cases_below(tmp_path))
    assert [path.name for path in found] == ["case-1.tar.gz", "case-2"]
    assert all(is_case(path) for path in found)
    assert list(cases_below(found[1])) == [found[1]]


def test_what_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadCase, match="there is no such folder or archive"):
        files_of(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["broken.zip", "broken.tar.gz", "broken.tgz"])
def test_an_archive_that_is_none_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    for data in (b"", b"no archive at all", gzip.compress(b"no tar in here" * 100), b"PK\x03\x04" + bytes(40)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadCase, match=name) as told:
            files_of(tmp_path / name)
        assert "\n" not in str(told.value)


def test_an_archive_that_breaks_off_is_said_in_one_line(tmp_path: Path) -> None:
    whole = tar(tmp_path / "whole.tar.gz", {"case.json": os.urandom(200_000)}).read_bytes()
    for size in (20, 1000, 150_000):
        (tmp_path / "half.tar.gz").write_bytes(whole[:size])
        with pytest.raises(BadCase, match="cannot be"):
            files_of(tmp_path / "half.tar.gz")


@pytest.mark.parametrize("name", ["../../outside.txt", "/etc/outside.txt"])
def test_a_name_that_leads_out_is_only_a_name(tmp_path: Path, name: str) -> None:
    for path in (tar(tmp_path / "a.tar.gz", {**FILES, name: b"x"}), zipped(tmp_path / "a.zip", {**FILES, name: b"x"})):
        assert files_of(path)[name] == b"x"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "a.zip"]
    assert not (tmp_path.parent.parent / "outside.txt").exists()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    case = folder(tmp_path / "case", FILES)
    (case / "evidence" / "link.txt").symlink_to(secret)
    (case / "evidence" / "inside.txt").symlink_to(case / "evidence" / "e1.txt")
    (case / "all").symlink_to(tmp_path)
    found = files_of(case)
    assert b"hunter2" not in found.values()
    assert found["evidence/inside.txt"] == b"one line\n"


def test_a_link_in_an_archive_holds_nothing(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        link = tarfile.TarInfo("evidence/passwd")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert files_of(tmp_path / "a.tar.gz") == {}


def test_a_pipe_in_the_folder_does_not_hang(tmp_path: Path) -> None:
    case = folder(tmp_path / "case", FILES)
    os.mkfifo(case / "evidence" / "pipe")
    assert files_of(case) == FILES


def test_a_file_past_the_bound_is_named_and_never_unpacked_whole(tmp_path: Path) -> None:
    bomb = {"case.json": b"{}", "evidence/bomb.txt": bytes(FILE_BYTES_MAX + 1)}
    for path in (tar(tmp_path / "bomb.tar.gz", bomb), zipped(tmp_path / "bomb.zip", bomb)):
        assert path.stat().st_size < FILE_BYTES_MAX // 100
        with pytest.raises(BadCase, match=r"evidence/bomb\.txt: too large"):
            files_of(path)


def test_a_zip_that_lies_about_its_size_is_found_out(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"case.json": bytes(FILE_BYTES_MAX + 1)})
    honest = (FILE_BYTES_MAX + 1).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, (10).to_bytes(4, "little")))
    with pytest.raises(BadCase):
        files_of(path)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "many.zip", {f"evidence/{number}.txt": b"" for number in range(FILES_MAX + 1)})
    with pytest.raises(BadCase, match=f"more than {FILES_MAX} files"):
        files_of(path)


def test_a_header_as_large_as_the_archive_is_not_kept(tmp_path: Path) -> None:
    huge = tarfile.TarInfo("PaxHeader/x")
    huge.type, huge.size = tarfile.XHDTYPE, 1 << 40
    with gzip.open(tmp_path / "a.tar.gz", "wb") as stream:
        stream.write(huge.tobuf(tarfile.GNU_FORMAT))
        stream.write(bytes(1 << 20))
    with pytest.raises(BadCase):
        files_of(tmp_path / "a.tar.gz")


def test_a_name_with_a_line_break_stays_on_one_line() -> None:
    assert str(BadCase("a\nb:  too large\r\n")) == "a b: too large"
