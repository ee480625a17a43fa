"""`lamplighter doctor`: what can be seen, what cannot, what may be done, and the line that mends each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from lamplighter.cli.client import DataOption, ServerOption, TokenOption, connect
from lamplighter.cli.configuration import ConfigOption, read
from lamplighter.cli.output import Code, Format, Output, print_json, print_lines

WORST_FIRST = ("problem", "warning", "unknown", "note", "ok")
BAD = frozenset({"problem", "warning"})


def doctor(
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 6 where something is a problem or a warning.")
    ] = False,
    config: ConfigOption = None,
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """What I can see, cannot see and may do, and the exact line that mends each. Changes nothing; needs no server.

    With --server the running server looks, from where it stands. Example: lamplighter doctor --exit-code
    """
    found = connect(server, token, data).get("/api/v1/doctor", holds="findings") if server else _here(config, data)
    if output is Format.JSON:
        print_json(found)
    else:
        print_lines(*_lines(found))
    if exit_code and any(finding["health"] in BAD for finding in found["findings"]):
        raise typer.Exit(Code.FOUND_SOMETHING)


def _here(config: Any, data: Any) -> dict[str, Any]:  # noqa: ANN401 - paths or None, as typer gives them
    settings = read(config, {"data_folder": str(data)} if data else None)
    from lamplighter.doctor import as_tree, examine  # noqa: PLC0415 - brings every integration with it

    return as_tree(asyncio.run(examine(settings)))


def _lines(found: Mapping[str, Any]) -> list[str]:
    findings: Sequence[Mapping[str, str]] = found["findings"]
    ordered = sorted(findings, key=lambda finding: WORST_FIRST.index(finding["health"]))
    lines = []
    for finding in ordered:
        lines.append(f"{finding['health']:8} {finding['area']:9} {finding['name']}: {finding['detail']}")
        if finding["fix"]:
            lines.append(f"{'':8} {'':9} fix: {finding['fix']}")
    counts = {health: sum(1 for finding in findings if finding["health"] == health) for health in WORST_FIRST}
    said = ", ".join(f"{number} {health}" for health, number in counts.items() if number)
    return [*lines, "", *found["may"], "", f"doctor: {said}"]
