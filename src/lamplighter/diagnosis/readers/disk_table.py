"""Reads the tables that df prints, of bytes and of inodes; what our own disk check answers is a probe's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.draft import draft, known, machine
from lamplighter.diagnosis.readers.probes import FULL_PERCENT, read_probe
from lamplighter.domain.evidence import Evidence, Fact

ROWS_MAX = 500
LINE_CHARS_MAX = 1_000
FULL_TOLD_MAX = 10
_ROW = re.compile(r"^(\S{1,200})\s.{0,200}?\s(\d{1,3})%\s{1,40}(/.{0,300}?)\s{0,40}$")
_INODES = re.compile(r"\b(?:Inodes|IUsed|IUse%)")
_HEAD = re.compile(r"^Filesystem\b|\bMounted on$")
# Images that are full by nature, and what is no disk at all.
_FULL_BY_NATURE = re.compile(
    r"^/dev/(?:loop|sr|cd)|^(?:squashfs|efivarfs|devtmpfs|udev|none)$|\.(?:iso|squashfs|snap)$"
)
_NO_DISK = re.compile(r"^/(?:snap|proc|sys|dev|run/credentials)(?:/|$)")


@dataclass(frozen=True, slots=True)
class FileSystem:
    """One row: `used_share` is from 0 to 1, of inodes where `inodes` is set, else of bytes."""

    device: str
    mount: str
    used_share: float
    inodes: bool


def read_df(evidence: Evidence) -> list[Fact]:
    """A fact `probe` for each full file system, and one `usage` with the fullest. Raises `Unreadable`."""
    if evidence.content.lstrip().startswith(("{", "[")):
        return read_probe(evidence)
    if evidence.content.strip() and not any(_HEAD.search(line) for line in evidence.content.splitlines()[:ROWS_MAX]):
        raise Unreadable("df's table has no head line")
    return disk_facts(evidence, list(_rows(evidence.content)), machine(evidence))


def counts_as_disk(device: str, mount: str) -> bool:
    """Whether a file system is one that can fill up, and matters when it does."""
    return not _FULL_BY_NATURE.search(device) and not (_NO_DISK.match(mount) and mount != "/dev/shm")  # noqa: S108


def disk_facts(evidence: Evidence, rows: list[FileSystem], component: str) -> list[Fact]:
    """What file systems come to: full ones each, and the fullest of bytes and of inodes as `usage`."""
    facts: list[Fact] = []
    for row in rows:
        percent = 100.0 * row.used_share
        if percent < FULL_PERCENT:
            continue
        # The same disk mounted twice is full once.
        if any(row.device == fact.values["device"] and _probe(row) == fact.values["probe"] for fact in facts):
            continue
        values = known(probe=_probe(row), state="failing", target=row.mount, value=100.0 - percent, device=row.device)
        said = f"{row.mount} is {percent:.0f} % full"
        said = f"{said}: no inodes are left, whatever its bytes say" if row.inodes else said
        facts.append(draft(evidence, "probe", said, values, at=evidence.at, component=component))
    return facts[:FULL_TOLD_MAX] + _fullest(evidence, rows, component)


def _probe(row: FileSystem) -> str:
    return "inodes" if row.inodes else "disk"


def _fullest(evidence: Evidence, rows: list[FileSystem], component: str) -> list[Fact]:
    by_bytes = max((row for row in rows if not row.inodes), key=lambda row: row.used_share, default=None)
    by_inodes = max((row for row in rows if row.inodes), key=lambda row: row.used_share, default=None)
    words: list[str] = []
    if by_bytes:
        words.append(f"{by_bytes.mount} is {by_bytes.used_share:.0%} full")
    if by_inodes:
        words.append(f"{by_inodes.mount} has used {by_inodes.used_share:.0%} of its inodes")
    if not words:
        return []
    values = known(
        disk_share=by_bytes.used_share if by_bytes else None,
        disk_target=by_bytes.mount if by_bytes else None,
        inode_share=by_inodes.used_share if by_inodes else None,
        inode_target=by_inodes.mount if by_inodes else None,
    )
    said = f"the fullest disk of {component or 'this machine'}: {', '.join(words)}"
    return [draft(evidence, "usage", said, values, at=evidence.at, component=component)]


def _rows(content: str) -> Iterator[FileSystem]:
    inodes, waiting = False, ""
    for raw in content.splitlines()[:ROWS_MAX]:
        line = raw[:LINE_CHARS_MAX].rstrip()
        if _HEAD.search(line):
            inodes = _INODES.search(line) is not None
            continue
        if line and len(line.split()) == 1:
            # Without -P, df breaks the line after a long device name.
            waiting = line
            continue
        row = _ROW.match(f"{waiting} {line}" if waiting and line.startswith(" ") else line)
        waiting = ""
        if row and counts_as_disk(row[1], row[3]):
            yield FileSystem(row[1], row[3], min(1.0, float(row[2]) / 100.0), inodes)
