"""`lamplighter demo`: break a small shop, and watch it being healed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from lamplighter.cli.output import Code, Format, Output, Stop, print_json, print_lines, say
from lamplighter.lab.scenario import MAIN, LabFailed, LabUnavailable, Scenario, Stage


class Choice(StrEnum):
    """One fault, the three that end differently, or all nine."""

    MAIN = "main"
    ALL = "all"
    HANG = "hang"
    OOM = "oom"
    BADCONFIG = "badconfig"
    MEMORY = "memory"
    LATENCY = "latency"
    CPU = "cpu"
    POOL = "pool"
    DISK = "disk"
    CRASHLOOP = "crashloop"

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """What is chosen."""
        several = {Choice.MAIN: MAIN, Choice.ALL: tuple(Scenario)}
        return several[self] if self in several else (Scenario(self.value),)


def demo(
    stage: Annotated[
        Stage, typer.Option(help="local: supervisord; docker: a real engine, Prometheus, Alertmanager.")
    ] = Stage.LOCAL,
    scenario: Annotated[Choice, typer.Option(help="Which fault; main: hang, oom, badconfig.")] = Choice.MAIN,
    output: Output = Format.TABLE,
) -> None:
    """Break a shop of three services for real, and watch Lamplighter find the cause, act, and verify."""
    from lamplighter.lab.demo import run_demo  # noqa: PLC0415 - brings the lab, which no other command needs

    words = say if output is Format.JSON else print_lines
    try:
        report = run_demo(stage, scenario.scenarios, words)
    except (LabUnavailable, LabFailed) as problem:
        raise Stop(str(problem)) from problem
    if output is Format.JSON:
        print_json(report.as_json())
    else:
        print_lines(report.closing_line())
    if not report.as_expected:
        raise typer.Exit(Code.FAILED)
