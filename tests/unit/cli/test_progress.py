"""How far a long command is, for a person who looks at it, and for nobody else."""

from __future__ import annotations

import io

from lamplighter.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_on_one_line() -> None:
    stream = Terminal()
    progress = Progress(stream, every_seconds=0.0)
    progress.at("10 cases, 9 right")
    progress.at("11 cases\x1b[31m\n")
    progress.end()
    progress.end()
    assert stream.getvalue() == "\r10 cases, 9 right\r11 cases\ufffd[31m    \n"


def test_a_file_is_told_nothing() -> None:
    stream = io.StringIO()
    progress = Progress(stream, every_seconds=0.0)
    progress.at("10 cases")
    progress.end()
    assert stream.getvalue() == ""


def test_nothing_is_said_more_often_than_now_and_then() -> None:
    stream = Terminal()
    progress = Progress(stream, every_seconds=3600.0)
    progress.at("10 cases")
    progress.end()
    assert stream.getvalue() == ""
