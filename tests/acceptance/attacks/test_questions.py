"""A19: names and labels that try to leave their quotation marks, a path or an argument stay one plain value."""

from __future__ import annotations

import re
import shlex

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.topology import Component
from lamplighter.integrations.commands import LocalMachine, checked
from lamplighter.integrations.kubernetes.places import many, one
from lamplighter.integrations.loki.logql import selector
from lamplighter.integrations.prometheus.promql import quoted
from lamplighter.integrations.prometheus.tools import NAMING_LABELS, component_query
from lamplighter.integrations.systemd.client import unit_name
from lamplighter.ports import ToolError

NAUGHTY = (
    'web"} or {job="db',
    "web\\",
    'web\\"} or up{x="',
    "web\n} or up #",
    "web`",
    "we{b}",
    ".*",
    "(a|b)+",
    "[^x]*",
    "$web^",
    "a|b",
    "wéb-\u202e-\U0001f512",
    "\x00web",
    "'; DROP TABLE incidents; --",
    "--privileged",
    "-e",
    "../../secrets/admin",
    "web/../db",
    "web%2f..%2fdb",
    "web?watch=true",
    "web#",
    "web; rm -rf /",
    "$(id)",
    "web x",
    "web\r\nX-Evil: 1",
)
NAMES = st.text(min_size=1, max_size=40) | st.sampled_from(NAUGHTY)
ESCAPES = {"n": "\n", "r": "\r", "\\": "\\", '"': '"'}


def literal(text: str) -> str:
    """What Loki reads in a string literal; asserts that the literal is the whole text."""
    whole = re.fullmatch(r'"((?:[^"\\\n]|\\.)*)"', text)
    assert whole is not None, text
    pattern = r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))"
    return re.sub(pattern, lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else ESCAPES[m[3]], whole[1])


@given(NAMES)
def test_a_name_stays_one_value_of_a_query_to_prometheus(name: str) -> None:
    tree = promql_parser.parse(component_query(Component("docker", "container", name, "1f")))
    found = []
    while isinstance(tree, promql_parser.BinaryExpr):
        found.append(tree.rhs)
        tree = tree.lhs
    found.append(tree)
    assert len(found) == len(NAMING_LABELS) + 1
    for part in found:
        assert isinstance(part, promql_parser.VectorSelector)
        assert next(m.name for m in part.matchers.matchers) == "__name__"
        assert len(part.matchers.matchers) == 2
        value = part.matchers.matchers[1].value.removesuffix("(:[0-9]+)?")
        assert re.fullmatch(value, name, re.DOTALL) or name not in value
        assert not re.fullmatch(value, "db", re.DOTALL) or name == "db"


@given(NAMES)
def test_a_label_s_value_is_read_back_from_promql_as_itself(value: str) -> None:
    tree = promql_parser.parse(f"up{{job={quoted(value)}}}")
    assert isinstance(tree, promql_parser.VectorSelector)
    assert [(m.name, m.value) for m in tree.matchers.matchers] == [("job", value)]


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_values_stay_values_of_a_selector_of_loki(values: list[str]) -> None:
    text = selector("app", values)
    assert text.startswith("{app=")
    assert text.endswith("}")
    inner = literal(text[1:-1].removeprefix("app=").removeprefix("~"))
    if len(values) == 1:
        assert inner == values[0]
    else:
        assert all(re.fullmatch(inner, value) for value in values)
        assert not re.fullmatch(inner, "db") or "db" in values


@pytest.mark.parametrize("name", NAUGHTY)
def test_no_name_leads_to_another_path_of_the_cluster(name: str) -> None:
    for made in (lambda: one("pod", "shop", name), lambda: one("pod", name, "web"), lambda: many("pod", name)):
        try:
            path = made().path
        except ToolError:
            continue
        assert re.fullmatch(r"/api/v1/namespaces/[a-z0-9.-]+/pods(?:/[a-z0-9.-]+)?", path), path
        assert ".." not in path


@given(NAMES)
def test_no_name_is_an_option_of_systemctl(name: str) -> None:
    try:
        unit = unit_name(name)
        argv = checked(("systemctl", "status", "--", unit))
    except ToolError:
        return
    assert re.fullmatch(r"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.[a-z]+", unit)
    assert argv[-1] == unit


@pytest.mark.parametrize("name", NAUGHTY)
def test_a_command_is_shown_as_one_word_for_each_argument(name: str) -> None:
    assert shlex.split(LocalMachine("here").words(("journalctl", name))) == ["journalctl", name]


@pytest.mark.parametrize(
    "argv",
    [
        ("sh", "-c", "id"),
        ("systemctl", "restart", "web.service"),
        ("systemctl", "stop", "--", "web.service"),
        ("journalctl", "--vacuum-size=1"),
        ("journalctl", "--rotate"),
        ("journalctl", "--flush"),
        ("docker", "rm", "-f", "db"),
        ("ps", "\n"),
        (),
    ],
)
def test_no_command_that_changes_anything_is_run(argv: tuple[str, ...]) -> None:
    with pytest.raises(ToolError):
        checked(argv)
