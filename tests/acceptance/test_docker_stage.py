"""Stage docker, whole: a real engine; the alert comes from Alertmanager by webhook, the fix goes through the engine."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import DemoCommand

pytestmark = [pytest.mark.docker, pytest.mark.prometheus, pytest.mark.usefixtures("docker_stage")]


def test_all_nine_faults_come_to_their_right_end(demo_command: DemoCommand) -> None:
    finished = demo_command.run("--stage", "docker", "--scenario", "all", "--output", "json")
    assert finished.code == 0, finished.err
    assert finished.right_ends("docker")
    assert demo_command.leaves_nothing()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_whatever_ends_the_demo_nothing_is_left(demo_command: DemoCommand, end: signal.Signals) -> None:
    with demo_command.started("--stage", "docker", "--scenario", "hang") as demo:
        demo_command.await_line(demo, "injected")
        demo.send_signal(end)
        demo.communicate(timeout=60)
        assert demo.returncode != 0
    assert demo_command.leaves_nothing()
