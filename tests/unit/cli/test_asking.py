"""What every command that asks the server has in common."""

from __future__ import annotations

import json
from inspect import signature
from typing import TYPE_CHECKING

import pytest
import typer

from lamplighter.cli import app, approvals, incidents, silences
from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

EMPTY = {"incidents": [], "next": None}


def test_a_command_keeps_its_name_and_words_and_gets_the_shared_options() -> None:
    def command(client: Client, word: str) -> Answer:
        """Do it."""
        return Answer({"address": client.address, "word": word})

    wrapped = asks(command)
    assert (wrapped.__name__, wrapped.__doc__) == ("command", "Do it.")
    assert list(signature(wrapped).parameters) == ["word", "output", "as_json", "server", "token", "data"]


@pytest.mark.parametrize("group", [incidents.app, approvals.app, silences.app, silences.windows])
def test_every_command_of_a_group_prints_as_it_is_told(group: typer.Typer) -> None:
    for one in group.registered_commands:
        assert {"output", "as_json", "server"} <= set(signature(one.callback).parameters)
    assert app.registered_groups


@pytest.mark.parametrize("words", [["-o", "json"], ["--json"], ["-o", "table", "--json"]])
def test_json_has_two_names(fake: Fake, command: Command, words: list[str]) -> None:
    fake.says("GET", "/api/v1/incidents", EMPTY)
    assert json.loads(command("incidents", "list", *words).out) == EMPTY


def test_the_token_goes_in_a_header_and_never_in_the_address(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/incidents", EMPTY)
    command("incidents", "list")
    (asked,) = fake.asked
    assert asked.headers["Authorization"] == "Bearer secret"
    assert "secret" not in str(asked.query) + asked.path


@pytest.mark.parametrize(
    ("status", "code"), [(400, 2), (401, 4), (403, 4), (404, 3), (409, 5), (422, 2), (500, 1), (503, 1)]
)
def test_every_refusal_has_its_exit_code_and_says_what_to_do(
    fake: Fake, command: Command, status: int, code: int
) -> None:
    fake.problem("GET", "/api/v1/incidents", status, "that is so")
    ended = command("incidents", "list")
    assert (ended.code, ended.out) == (code, "")
    assert "that is so; do that" in ended.err


def test_an_unknown_form_is_wrong_usage(command: Command) -> None:
    assert command("incidents", "list", "-o", "xml").code == 2
