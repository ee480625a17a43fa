"""Programs laid out in a folder, and what they were called with."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from lamplighter.integrations.commands import LocalMachine, RemoteHost

PROGRAM = """#!/bin/sh
for word in "$0" "$@"; do printf '%s\\n' "$word"; done >> "{calls}"
printf 'end\\n' >> "{calls}"
{body}
"""


@dataclass
class Stage:
    """Programs in a folder, what they were called with, and the port of the SSH server that has them on its path."""

    folder: Path
    port: int = 0
    host: dict[str, object] = field(default_factory=dict)

    @property
    def searched(self) -> str:
        return f"{self.folder / 'bin'}:{os.defpath}"

    @property
    def local(self) -> LocalMachine:
        return LocalMachine("here", self.searched)

    @property
    def remote(self) -> RemoteHost:
        return RemoteHost.model_validate(self.host)

    def program(self, name: str, body: str) -> None:
        """A program of this name, whose body is shell."""
        (self.folder / "bin").mkdir(exist_ok=True)
        file = self.folder / "bin" / name
        file.write_text(PROGRAM.format(calls=self.folder / "calls", body=body), encoding="utf-8")
        file.chmod(0o755)

    def prints(self, name: str, text: str, *, code: int = 0) -> None:
        """A program that prints this, and ends so."""
        (self.folder / f"{name}.txt").write_text(text, encoding="utf-8")
        self.program(name, f'cat "{self.folder / name}.txt"; exit {code}')

    @property
    def calls(self) -> list[list[str]]:
        """The words of each call, the program's name first."""
        file = self.folder / "calls"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        found = [call.splitlines() for call in text.split("end\n") if call]
        return [[Path(call[0]).name, *call[1:]] for call in found]
