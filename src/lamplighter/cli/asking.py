"""What every command that asks the server has in common: its options, and how its answer is printed."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Annotated, Any, Concatenate, ParamSpec, get_type_hints

import typer

from lamplighter.cli.answer import Answer, Shape, print_answer
from lamplighter.cli.client import Client, DataOption, ServerOption, TokenOption, connect

ShapeOption = Annotated[Shape, typer.Option("--output", "-o", help="How to print.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The same as -o json.")]
P = ParamSpec("P")


def asks(command: Callable[Concatenate[Client, P], Answer]) -> Callable[..., None]:
    """The command as typer takes it: it is called with a client, and what it returns is printed as `-o` says."""

    def answered(**given: Any) -> None:  # noqa: ANN401 - what typer read for the command
        shape = Shape.JSON if given.pop("as_json") else given.pop("output")
        given.pop("output", None)
        client = connect(given.pop("server"), given.pop("token"), given.pop("data"))
        answer = command(client, **given)  # type: ignore[call-arg]  # typer checked them against the signature
        print_answer(answer, shape)
        if answer.code:
            raise typer.Exit(answer.code)

    hints = get_type_hints(command, include_extras=True)
    # The first parameter is the client, which typer must not see.
    own = [part.replace(annotation=hints[part.name]) for part in list(signature(command).parameters.values())[1:]]
    wrapped = signature(command).replace(parameters=own + _shared(), return_annotation=None)
    answered.__name__ = getattr(command, "__name__", "command")
    answered.__doc__ = command.__doc__
    answered.__annotations__ = {part.name: part.annotation for part in wrapped.parameters.values()}
    answered.__signature__ = wrapped  # type: ignore[attr-defined]  # inspect.signature looks here first
    return answered


def _shared() -> list[Parameter]:
    options: dict[str, tuple[object, Any]] = {
        "output": (Shape.TABLE, ShapeOption),
        "as_json": (False, JsonOption),
        "server": ("", ServerOption),
        "token": ("", TokenOption),
        "data": (None, DataOption),
    }
    return [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation)
        for name, (default, annotation) in options.items()
    ]
