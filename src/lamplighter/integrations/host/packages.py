"""Reads which packages were changed out of dpkg's log, or else apt's history. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

CHANGES_MAX = 300
LINES_MAX = 20_000
_DPKG = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (install|upgrade|remove|purge) "
    r"([a-z0-9][a-z0-9+.-]{0,100})(?::[a-z0-9]{1,20})? (\S{1,120}) (\S{1,120})$"
)
_APT_DATE = re.compile(r"^Start-Date: (\d{4}-\d\d-\d\d) {1,3}(\d\d:\d\d:\d\d)$")
_APT_VERB = re.compile(r"^(Install|Upgrade|Downgrade|Remove|Purge|Reinstall): (.*)$")
_APT_ITEM = re.compile(r"([a-z0-9][a-z0-9+.-]{0,100}):[a-z0-9]{1,20} \(([^)]{1,250})\)")
_OFFSET = re.compile(r"^([+-])(\d\d):?(\d\d)$")
PAST = {
    "install": "installed",
    "upgrade": "upgraded",
    "downgrade": "downgraded",
    "remove": "removed",
    "purge": "purged",
    "reinstall": "reinstalled",
}


def changes_of(dpkg: str, apt: str, zone: timezone, since: datetime) -> list[dict[str, str]]:
    """What was changed since then, oldest first, each as `at` (UTC) and `what`. Logs write the machine's own time."""
    found = list(_from_dpkg(dpkg, zone)) or list(_from_apt(apt, zone))
    recent = [(at, what) for at, what in found if at >= since]
    return [{"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "what": what} for at, what in dict.fromkeys(recent)][-CHANGES_MAX:]


def zone_of(words: str) -> timezone:
    """A zone as `date +%z` prints it, such as +0100; what cannot be read is UTC."""
    found = _OFFSET.match(words.strip())
    if found is None:
        return UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset) if offset < timedelta(days=1) else UTC


def _from_dpkg(text: str, zone: timezone) -> Iterator[tuple[datetime, str]]:
    for line in text.splitlines()[-LINES_MAX:]:
        row = _DPKG.match(line)
        at = _at(row[1], zone) if row else None
        if row and at:
            before, after = (word if word != "<none>" else "" for word in (row[4], row[5]))
            yield at, _words(PAST[row[2]], row[3], before, after)


def _from_apt(text: str, zone: timezone) -> Iterator[tuple[datetime, str]]:
    at: datetime | None = None
    for line in text.splitlines()[-LINES_MAX:]:
        date = _APT_DATE.match(line)
        verb = _APT_VERB.match(line)
        if date:
            at = _at(f"{date[1]} {date[2]}", zone)
        elif verb and at:
            for item in _APT_ITEM.finditer(verb[2]):
                versions = [part for part in item[2].split(", ") if part != "automatic"]
                before, after = (versions[0], versions[1]) if len(versions) > 1 else ("", versions[0])
                yield at, _words(PAST[verb[1].lower()], item[1], before, after)


def _words(verb: str, package: str, before: str, after: str) -> str:
    if verb in {"removed", "purged"}:
        return f"{verb} {package} {before or after}"
    return f"{verb} {package} {before} to {after}" if before and after else f"{verb} {package} {after or before}"


def _at(words: str, zone: timezone) -> datetime | None:
    try:
        return datetime.fromisoformat(words).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
