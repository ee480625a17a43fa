from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lamplighter.integrations.host.packages import CHANGES_MAX, changes_of, zone_of

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
DPKG = """\
2026-03-01 11:00:01 startup archives unpack
2026-03-01 11:00:02 upgrade nginx:amd64 1.22.0-1 1.24.0-1
2026-03-01 11:00:02 status half-configured nginx:amd64 1.22.0-1
2026-03-01 11:00:03 install libfoo1:amd64 <none> 2.0
2026-03-01 11:00:04 remove oldpkg:all 0.9 <none>
garbage
"""
APT = """\

Start-Date: 2026-03-01  11:00:00
Commandline: apt-get install nginx
Install: libfoo1:amd64 (2.0, automatic)
Upgrade: nginx:amd64 (1.22.0-1, 1.24.0-1), curl:amd64 (7.1, 7.2)
Remove: oldpkg:amd64 (0.9)
End-Date: 2026-03-01  11:00:10
"""


def test_what_dpkg_wrote_is_told_in_utc() -> None:
    found = changes_of(DPKG, "", timezone(timedelta(hours=1)), LONG_AGO)
    assert [one["what"] for one in found] == [
        "upgraded nginx 1.22.0-1 to 1.24.0-1",
        "installed libfoo1 2.0",
        "removed oldpkg 0.9",
    ]
    assert found[0]["at"] == "2026-03-01T10:00:02Z"


def test_apts_history_stands_in_where_dpkg_wrote_nothing() -> None:
    found = changes_of("", APT, UTC, LONG_AGO)
    assert [one["what"] for one in found] == [
        "installed libfoo1 2.0",
        "upgraded nginx 1.22.0-1 to 1.24.0-1",
        "upgraded curl 7.1 to 7.2",
        "removed oldpkg 0.9",
    ]
    assert {one["at"] for one in found} == {"2026-03-01T11:00:00Z"}


def test_only_the_newest_since_then_are_told() -> None:
    assert changes_of(DPKG, APT, UTC, datetime(2026, 3, 1, 12, tzinfo=UTC)) == []
    many = "".join(f"2026-03-01 11:{n // 60 % 60:02}:{n % 60:02} install p{n}:all <none> 1\n" for n in range(1000))
    found = changes_of(many, "", UTC, LONG_AGO)
    assert len(found) == CHANGES_MAX
    assert found[-1]["what"] == "installed p999 1"


@pytest.mark.parametrize(
    ("words", "minutes"), [("+0100\n", 60), ("-0530", -330), ("+00:00", 0), ("", 0), ("CET", 0), ("+9999", 0)]
)
def test_zones(words: str, minutes: int) -> None:
    assert zone_of(words).utcoffset(None) == timedelta(minutes=minutes)


def test_rubbish_is_no_change() -> None:
    rubbish = (
        "2026-99-99 11:00:02 upgrade nginx:amd64 1 2\nStart-Date: 2026-13-01  11:00:00\nUpgrade: x\n\x00" + "a" * 9000
    )
    assert changes_of(rubbish, rubbish, UTC, LONG_AGO) == []
