from __future__ import annotations

import re

import pytest

from lamplighter.diagnosis.readers.signs import first_sign
from lamplighter.diagnosis.readers.signs_work import WORK_SIGNS

SPOKEN = [
    ("ERROR: Backup of VM 12 failed - job errors", "backup_failed"),
    ("job nightly_totals failed after 12 s", "job_failed"),
    ("WARNING Task queue depth is 40", "thread_pool_exhausted"),
    ("Unable to accept, system socket count has been exceeded, try ulimit -n", "fd_exhausted"),
    ("flag changed: feature flag fastCart turned on", "feature_flag_enabled"),
    ("Error: parsing /etc/caddy/Caddyfile:7: unrecognized directive: revers", "config_error"),
]


@pytest.mark.parametrize(("line", "name"), SPOKEN)
def test_a_line_is_known_by_its_mechanism(line: str, name: str) -> None:
    found = first_sign(line)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("row", WORK_SIGNS, ids=lambda row: str(row[0]))
def test_a_pattern_can_be_read_and_does_not_match_everything(row: tuple[str, str, int]) -> None:
    pattern = re.compile(row[1])
    assert pattern.search("") is None
    assert pattern.search("INFO request 7 served in 12 ms") is None
