"""`lamplighter demo`: break a small shop, and watch it being healed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from lamplighter.cli.output import Code, Format, Output, Stop, print_json, print_lines, say
from lamplighter.lab.demo import LabFailed, LabUnavailable, Scenario, Stage, run_demo


class Choice(StrEnum):
    """One fault, or all of them."""

    ALL = "all"
    HANG = "hang"
    OOM = "oom"
    BADCONFIG = "badconfig"


def demo(
    stage: Annotated[
        Stage, typer.Option(help="local: supervisord; docker: a real engine, Prometheus, Alertmanager.")
    ] = Stage.LOCAL,
    scenario: Annotated[Choice, typer.Option(help="Which fault.")] = Choice.ALL,
    output: Output = Format.TABLE,
) -> None:
    """Break a shop of three services for real, and watch Lamplighter find the cause, act, and verify."""
    chosen = tuple(Scenario) if scenario is Choice.ALL else (Scenario(scenario.value),)
    words = say if output is Format.JSON else print_lines
    try:
        report = run_demo(stage, chosen, words)
    except (LabUnavailable, LabFailed) as problem:
        raise Stop(str(problem)) from problem
    if output is Format.JSON:
        print_json(report.as_json())
    else:
        print_lines(report.closing_line())
    if not report.as_expected:
        raise typer.Exit(Code.FAILED)
