"""Stage local, whole: a user's `lamplighter demo`, the real server, supervisord and real faults."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import DemoCommand

CLOSING = re.compile(
    r"demo: (\d+) incidents?, (\d+) resolved and verified, (\d+) handed to a person, "
    r"median (-|\d+\.\d) s from fault to verified, \$0\.000"
)


def test_all_nine_faults_come_to_their_right_end(demo_command: DemoCommand) -> None:
    finished = demo_command.run("--stage", "local", "--scenario", "all", "--output", "json")
    assert finished.code == 0, finished.err
    assert finished.right_ends("local")
    assert demo_command.leaves_nothing()


def test_without_a_terminal_the_progress_is_plain_lines_and_the_last_one_is_the_summary(
    demo_command: DemoCommand,
) -> None:
    finished = demo_command.run("--scenario", "badconfig")
    assert finished.code == 0, finished.err
    closing = CLOSING.fullmatch(finished.out.splitlines()[-1])
    assert closing is not None, finished.out
    assert closing.groups() == ("1", "0", "1", "-")
    assert "store.ini" in finished.out
    assert "\x1b" not in finished.out
    assert "\r" not in finished.out


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_whatever_ends_the_demo_nothing_is_left(demo_command: DemoCommand, end: signal.Signals) -> None:
    with demo_command.started("--scenario", "hang") as demo:
        demo_command.await_line(demo, "injected")
        assert demo_command.left_behind()
        demo.send_signal(end)
        demo.communicate(timeout=60)
        assert demo.returncode != 0
    assert demo_command.leaves_nothing()
