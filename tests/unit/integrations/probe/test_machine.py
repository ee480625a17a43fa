from __future__ import annotations

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, SampleState
from lamplighter.integrations.probe.machine import is_named, judged_disk

SPEC = CheckSpec("disk", CheckKind.DISK, "/", free_percent_min=10.0)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("nginx", True),
        ("/usr/sbin/nginx", True),
        ("nginx -g", True),
        ("/usr/sbin/nginx -g daemon", True),
        ("ngin", False),
        ("nginx -x", False),
        ("-g", False),
        ("nginx -g daemon off", False),
    ],
)
def test_a_process_is_meant_by_its_name_or_first_words(words: str, *, named: bool) -> None:
    assert is_named(words.split(), "nginx", ["/usr/sbin/nginx", "-g", "daemon"]) is named


def test_a_kernel_thread_has_only_a_name() -> None:
    assert is_named(["kworker"], "kworker", ())
    assert not is_named(["other"], "kworker", ())


@pytest.mark.parametrize(
    ("free_percent", "state"), [(9.9, SampleState.FAILING), (10.0, SampleState.OK), (0.0, SampleState.FAILING)]
)
def test_less_than_the_least_is_failing(free_percent: float, state: SampleState) -> None:
    look = judged_disk(free_percent, SPEC)
    assert (look.state, look.value) == (state, free_percent)
