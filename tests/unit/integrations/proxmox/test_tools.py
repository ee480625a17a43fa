from __future__ import annotations

import json

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX
from lamplighter.integrations.proxmox.tools import enveloped


def test_data_are_told_as_the_api_answers_them() -> None:
    assert enveloped([{"node": "pve1"}]) == ('{"data":[{"node":"pve1"}]}', False)
    assert enveloped(None) == ('{"data":null}', False)


def test_what_is_too_long_loses_its_longest_part_first() -> None:
    text, truncated = enveloped({"memory": 2048, "description": "x" * 70_000, "tags": "a"})
    assert truncated
    assert json.loads(text)["data"] == {"memory": 2048, "tags": "a"}


def test_of_too_many_items_the_first_stay() -> None:
    text, truncated = enveloped([{"n": n, "pad": "é" * 1000} for n in range(100)])
    assert truncated
    assert len(text.encode()) <= EVIDENCE_BYTES_MAX
    assert [one["n"] for one in json.loads(text)["data"]][:2] == [0, 1]
    assert enveloped("x" * 70_000) == ('{"data":null}', True)
