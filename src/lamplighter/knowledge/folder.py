"""Reads the folder of runbooks, once, when the program starts. Bounded, and never outside of that folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lamplighter.knowledge.runbooks import Runbook, Runbooks, parse_runbook

FILE_BYTES_MAX = 1024**2
FOLDER_BYTES_MAX = 32 * 1024**2
PAGES_MAX = 1_000
DEPTH_MAX = 8
ENDINGS = (".md", ".markdown")


def read_runbooks(folder: Path | None) -> tuple[Runbooks, tuple[str, ...]]:
    """The pages of a folder, and a warning for each file that could not be taken as it is. Raises nothing.

    Hidden files, files of more than a megabyte and links that lead out of the folder are left out.
    """
    if folder is None:
        return Runbooks(), ()
    if not folder.is_dir():
        return Runbooks(), (f"runbooks: there is no folder {folder}",)
    pages: list[Runbook] = []
    warnings: list[str] = []
    size_bytes = 0
    root = folder.resolve()
    for path in _files(root):
        content, warning = _content(path, root)
        size_bytes += len(content)
        if len(pages) >= PAGES_MAX or size_bytes > FOLDER_BYTES_MAX:
            warnings.append(f"runbooks: the folder holds too much; read up to {path.relative_to(root).as_posix()}")
            break
        if not warning:
            page, warning = parse_runbook(path.relative_to(root).as_posix(), content.decode("utf-8", "replace"))
            pages.append(page)
        if warning:
            warnings.append(f"runbooks: {warning}")
    return Runbooks(pages), tuple(warnings)


def _files(root: Path) -> Iterator[Path]:
    """Every file of Markdown in order, hidden ones and what hidden folders hold left out."""
    for place, folders, files in os.walk(root):
        here = Path(place)
        deep = len(here.relative_to(root).parts) >= DEPTH_MAX
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower().endswith(ENDINGS):
                yield here / name


def _content(path: Path, root: Path) -> tuple[bytes, str]:
    """What a file holds, or why it is left out."""
    name = path.relative_to(root).as_posix()
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(root):
            return b"", f"{name} is a link that leads out of the folder; left out"
        if not real.is_file():
            return b"", f"{name} is no file; left out"
        with real.open("rb") as stream:
            content = stream.read(FILE_BYTES_MAX + 1)
    except (OSError, RuntimeError) as problem:
        return b"", f"{name} cannot be read: {problem}"
    if len(content) > FILE_BYTES_MAX:
        return b"", f"{name} is larger than {FILE_BYTES_MAX} bytes; left out"
    return content, ""
