"""`lamplighter completion`: words for the shell's Tab key, as a script that asks nothing of the program itself."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from lamplighter.cli.output import print_lines

PROGRAM = "lamplighter"
Words = dict[str, list[str]]


class Shell(StrEnum):
    """The shells there are scripts for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    context: typer.Context, shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")] = Shell.BASH
) -> None:
    """Print the script that completes commands and options.

    Example: lamplighter completion bash > /etc/bash_completion.d/lamplighter
    """
    words = dict(_words(context.find_root().command, ""))
    print_lines(*{Shell.BASH: _bash, Shell.ZSH: _zsh, Shell.FISH: _fish}[shell](words))


def _words(command: Any, path: str) -> Iterator[tuple[str, list[str]]]:  # noqa: ANN401 - click ships inside typer
    """Each command's path with what may come after it."""
    options = sorted(option for param in command.params for option in param.opts if option.startswith("--"))
    inner = getattr(command, "commands", {})
    yield path, [*sorted(inner), *options, "--help"]
    for name, each in inner.items():
        yield from _words(each, f"{path} {name}".strip())


def _bash(words: Words) -> list[str]:
    cases = [f"    {_quoted(path)}) words={_quoted(' '.join(after))} ;;" for path, after in words.items()]
    return [
        f"# Tab completion of {PROGRAM} for bash.",
        f"_{PROGRAM}() {{",
        '  local current="${COMP_WORDS[COMP_CWORD]}" path="" words="" index',
        "  for ((index = 1; index < COMP_CWORD; index++)); do",
        '    [[ "${COMP_WORDS[index]}" == -* ]] && break',
        '    path="${path:+$path }${COMP_WORDS[index]}"',
        "  done",
        '  case "$path" in',
        *cases,
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
        "}",
        f"complete -o default -F _{PROGRAM} {PROGRAM}",
    ]


def _zsh(words: Words) -> list[str]:
    first, *rest = _bash(words)
    return [first.replace("bash", "zsh"), "autoload -U +X bashcompinit && bashcompinit", *rest]


def _fish(words: Words) -> list[str]:
    lines = [f"# Tab completion of {PROGRAM} for fish."]
    for path, after in words.items():
        seen = [f"__fish_seen_subcommand_from {name}" for name in path.split()]
        where = "; and ".join(seen) or "__fish_use_subcommand"
        lines += [
            f"complete -c {PROGRAM} -f -n {_quoted(where)} -a {_quoted(word)}" for word in after if word[0] != "-"
        ]
        lines += [f"complete -c {PROGRAM} -n {_quoted(where)} -l {word[2:]}" for word in after if word[0] == "-"]
    return lines


def _quoted(text: str) -> str:
    return f"'{text}'"
