from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lamplighter.cli import app


def script(shell: str) -> str:
    ended = CliRunner().invoke(app, ["completion", shell])
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def completed(folder: Path, *words: str) -> set[str]:
    """What bash offers after these words."""
    file = folder / "lamplighter.bash"
    file.write_text(script("bash"), encoding="utf-8")
    line = " ".join(f"'{word}'" for word in ("lamplighter", *words))
    ask = f'. {file}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _lamplighter; printf "%s\\n" "${{COMPREPLY[@]}}"'
    ended = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True, timeout=60)
    return set(ended.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_their_commands_and_options(tmp_path: Path) -> None:
    assert {"serve", "incidents", "config"} <= completed(tmp_path, "")
    assert completed(tmp_path, "conf") == {"config"}
    assert {"check", "show", "schema", "export"} <= completed(tmp_path, "config", "")
    assert completed(tmp_path, "config", "show", "--so") == {"--sources"}
    assert completed(tmp_path, "nothing", "") == set()


def test_every_shell_has_a_script() -> None:
    assert "bashcompinit" in script("zsh")
    fish = script("fish")
    assert "complete -c lamplighter -f -n '__fish_use_subcommand' -a 'serve'" in fish
    assert "-l sources" in fish


def test_another_shell_is_refused() -> None:
    assert CliRunner().invoke(app, ["completion", "tcsh"]).exit_code == 2
