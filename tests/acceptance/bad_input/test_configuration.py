"""B17 and B18 for what issue 3 added: a value that could only be a mistake is refused with its place and a way out.

Sections: maintenance, watchdog, responses, retention, checks, webhook mappings, and the receivers' own. Nobody may come
to run with a limit that is none, a window that never opens, or a mapping that reads nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.settings import BadConfiguration, load_settings

if TYPE_CHECKING:
    from tests.acceptance.exam.conftest import CommandLine, Servers

WINDOW = {"name": "w", "when": "Sun 02:00-04:00", "targets": ["nas"]}
CHECK = {"name": "c", "http": "http://127.0.0.1/"}
ODD_NUMBERS: list[Any] = [0, -1, "inf", None, "5O", "", " ", 1.5, True, False, "NaN", "1e9", [], {}, -(10**30), "٣"]
ODD_DURATIONS: list[Any] = [
    0,
    -1,
    "0s",
    "-1s",
    "inf",
    None,
    "5O",
    "",
    "forever",
    True,
    [],
    {},
    "1y",
    "999999d",
    "1h30m",
    "NaN",
]
ODD_WHEN = [
    "",
    "always",
    "Sun",
    "02:00-04:00",
    "Sun 25:00-26:00",
    "Sun 02:60-03:00",
    "Foo 02:00-04:00",
]
ODD_WHEN += [
    "daily 3-4",
    "2026-01-02T00:00-2026-01-01T00:00",
    "Sun 02:00 - ",
    "* * * * *",
    "x" * 5_000,
    "\x00",
    "Sun 02:00-04:00 forever",
]
ODD_TARGETS: list[Any] = [[], None, "nas", [7], {}, [None]]
ODD_ZONES: list[Any] = ["Mars/Olympus", "../../etc/passwd", "", "utc+1", 7, "Europe/berlin ", "/etc/localtime", "\x00"]
ODD_PLACES: list[Any] = [
    "nas",
    "nas:99999",
    "nas:0",
    "nas:-1",
    ":80",
    "nas:http",
    "",
    80,
    None,
    "http://nas:80",
    "nas:80:90",
]
ODD_URLS: list[Any] = [
    "nas",
    "//nas",
    "ftp://nas",
    "http://",
    "http:nas",
    "javascript:x",
    "file:///etc/passwd",
    "",
    7,
    "http://nas:99999/",
]
ODD_PATTERNS: list[Any] = ["(", "[", "*", "(a)\\1", "(?=a)b", "x" * 5_000, 7]
ODD_JMESPATH: list[Any] = ["", "[", "a b", "a..b", "@(", "x" * 5_000, 7, None, [], "nope(@)" * 300, "a[?"]
ODD_NAMES = ["A", "a b", "a/b", "../x", "a_b", "-a", "a" * 60, "ä", "alertmanager", "webhook", "1a", "a.b", "a\n"]
GARDEN = {"name": "what"}


def check_like(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - as the file has it
    return {"checks": [{**CHECK, **more}]}


def kind(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - as the file has it
    return {"checks": [{"name": "c", **more}]}


def garden(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - as the file has it
    return {"sources": {"webhook": {"garden": {**GARDEN, **more}}}}


CASES: list[tuple[str, dict[str, Any]]] = []
for section, key, values in (
    ("watchdog", "within", ODD_DURATIONS),
    ("watchdog", "alert", ["", None, 7, [], {}]),
    ("responses", "at_once", [*ODD_NUMBERS, 101]),
    ("responses", "at_once_in_storm", [*ODD_NUMBERS, 101]),
    ("responses", "storm_from", [*ODD_NUMBERS, 1]),
    ("retention", "alerts", ODD_DURATIONS),
    ("retention", "alerts_max", [*ODD_NUMBERS, 999]),
    ("retention", "incidents", ODD_DURATIONS),
    ("retention", "incidents_max", [*ODD_NUMBERS, 99]),
):
    CASES += [(f"{section}.{key}", {section: {key: value}}) for value in values]
for key, values in (
    ("when", ODD_WHEN),
    ("targets", ODD_TARGETS),
    ("timezone", ODD_ZONES),
    ("name", ["", "x" * 101, 7, None]),
):
    CASES += [(f"maintenance.{key}", {"maintenance": [{**WINDOW, key: value}]}) for value in values]
for key, values in (
    ("every", ODD_DURATIONS[:9]),
    ("timeout", ODD_DURATIONS),
    ("for", [-1, "-1s", "inf", "5O", "", True, []]),
    ("latency", ODD_DURATIONS[:5]),
    ("certificate", [-1, "-1d", "inf", "5O", True]),
    ("status", [0, 99, 600, -1, "200", True, [], [True], [200] * 51, "2xx", 200.0]),
    ("matches", ODD_PATTERNS),
    ("severity", ["", "CRITICAL", "urgent", 7, None]),
    ("name", ["", 7, None, "x" * 500]),
    ("http", ODD_URLS),
    ("alert", ["maybe", 2, None, []]),
    ("tcp", ["nas:80"]),
    ("grace", ["1h"]),
    ("below", ["10%"]),
    ("surprise", [1]),
):
    CASES += [
        (f"checks.{key}", check_like(**{key: value}))
        for value in values
        if not (value is None and key in {"every", "latency"})
    ]
CASES += [("checks.tcp", kind(tcp=value)) for value in ODD_PLACES]
CASES += [
    ("checks.disk", kind(disk="/", below=value))
    for value in ("ten", "", "-5%", "NaN", "inf", True, [], "10%%", "5 0GB")
]
CASES += [("checks.heartbeat", kind(heartbeat=value)) for value in ODD_DURATIONS]
CASES += [("checks.grace", kind(heartbeat="1h", grace=value)) for value in (-1, "-1s", "inf", "5O", "", True, [])]
CASES += [("checks.dns", kind(dns=value)) for value in ("", "a b", "-x", "x" * 300, "http://x", "a..b", 7, None)]
CASES += [
    ("checks.server", kind(dns="x.lan", server=value))
    for value in ("nas", "1.2.3.4:0", "1.2.3.4:99999", "", "::1:53:x", 7)
]
CASES += [
    ("checks.promql", kind(promql=value, above=1))
    for value in ("", "up{", "sum(", "(" * 200 + ")" * 200, "x" * 20_000, 7, None)
]
CASES += [("checks.process", kind(process=value)) for value in ("", 7, None, [])]
CASES += [
    ("checks", {"checks": value})
    for value in ([CHECK, CHECK], [{"name": "c"}], {}, "x", [7], [{**CHECK, "tcp": "a:1"}])
]
CASES += [
    (f"webhook.{key}", garden(**{key: value}))
    for key in ("name", "alerts", "status", "starts_at")
    for value in ODD_JMESPATH
    if value is not None or key in {"name", "alerts"}
]
CASES += [
    ("webhook.labels", garden(labels=value))
    for value in ("x", [], {"a": "["}, {"a": 7}, {f"l{n}": "a" for n in range(101)})
]
CASES += [("webhook.firing", garden(firing=value)) for value in ("x", 7, [7], {}, None)]
CASES += [("webhook.severities", garden(severities=value)) for value in ({"x": "urgent"}, {"x": 7}, [], "x")]
CASES += [("webhook.surprise", garden(surprise="x"))]
CASES += [("webhook name", {"sources": {"webhook": {name: GARDEN}}}) for name in ODD_NAMES]
CASES += [("webhook many", {"sources": {"webhook": {f"g{n}": GARDEN for n in range(51)}}})]
CASES += [
    ("cloudwatch.topics", {"sources": {"cloudwatch": {"topics": value}}})
    for value in (["*"], ["arn:aws:sns:::x"], [""], "x", [7], None, ["https://x"])
]
CASES += [
    ("cloudwatch.timeout", {"sources": {"cloudwatch": {"timeout_seconds": value}}})
    for value in (0, -1, "inf", None, "5O", 31, "NaN")
]
CASES += [
    ("grafana.header", {"sources": {"grafana": {"hmac_secret": "s", "signature_header": value}}})
    for value in ("", "a b", "X:", "x\r\ny", 7, None)
]
CASES += [("unknown", {name: {"x": 1}}) for name in ("maintainance", "retentions", "watch_dog")]
CASES += [("unknown key", {section: {"surprise": 1}}) for section in ("watchdog", "responses", "retention")]


def loaded(folder: Path, configuration: object) -> list[str]:
    """What is wrong with it; empty where nothing is."""
    file = folder / "lamplighter.yaml"
    file.write_text(json.dumps(configuration), encoding="utf-8")
    try:
        load_settings(file, {"HOME": str(folder)})
    except BadConfiguration as problem:
        return problem.problems
    return []


@pytest.mark.parametrize("place", sorted({place for place, _ in CASES}))
def test_b17_b18_what_could_only_be_a_mistake_is_refused_with_words(tmp_path: Path, place: str) -> None:
    taken = []
    for _, configuration in (one for one in CASES if one[0] == place):
        problems = loaded(tmp_path, configuration)
        if not problems:
            taken.append(configuration)
        for problem in problems:
            assert "lamplighter.yaml" in problem, problem
            assert len(problem) < 2_000, problem[:200]
            assert "Traceback" not in problem
    assert taken == []


def test_the_right_sections_are_taken(tmp_path: Path) -> None:
    whole = {
        "maintenance": [WINDOW, {**WINDOW, "when": "daily 23:30-00:30", "timezone": "Europe/Berlin"}],
        "watchdog": {"alert": "Watchdog", "within": "15m"},
        "responses": {"at_once": 1, "at_once_in_storm": 1, "storm_from": 2},
        "retention": {"alerts": "1d", "alerts_max": 1_000, "incidents": "1d", "incidents_max": 100},
        "checks": [CHECK, {"name": "h", "heartbeat": "24h", "grace": "2h"}, {"name": "d", "disk": "/", "below": "10%"}],
        "sources": {"webhook": {"garden": GARDEN}, "cloudwatch": {"topics": []}, "grafana": {}},
    }
    assert loaded(tmp_path, whole) == []


@pytest.mark.parametrize("key", ["grafana.hmac_secret", "pagerduty.routing_key"])
def test_b17_a_secret_file_that_is_missing_empty_or_a_folder_is_refused(tmp_path: Path, key: str) -> None:
    name, _, field = key.partition(".")
    secret = tmp_path / "secret"
    for given in (str(tmp_path / "missing"), str(tmp_path), "", 7, None, "\x00"):
        assert loaded(tmp_path, {"sources": {name: {f"{field}_file": given}}}), given
    secret.write_text("", encoding="utf-8")
    assert loaded(tmp_path, {"sources": {name: {f"{field}_file": str(secret)}}})
    secret.write_text("right-secret-0123\n", encoding="utf-8")
    secret.chmod(0o600)
    assert loaded(tmp_path, {"sources": {name: {f"{field}_file": str(secret)}}}) == []
    both = {f"{field}_file": str(secret), field: "another-secret"}
    assert "another-secret" not in "".join(loaded(tmp_path, {"sources": {name: both}}))


def test_b17_a_secret_that_all_may_read_is_said(tmp_path: Path, command_line: CommandLine) -> None:
    secret, file = tmp_path / "secret", tmp_path / "lamplighter.yaml"
    secret.write_text("right-secret-0123\n", encoding="utf-8")
    secret.chmod(0o644)
    file.write_text(json.dumps({"sources": {"grafana": {"hmac_secret_file": str(secret)}}}), encoding="utf-8")
    ended = command_line.run("config", "check", "--config", str(file))
    assert "right-secret-0123" not in ended.out + ended.err
    assert str(secret) in ended.out + ended.err


def test_the_command_says_every_problem_at_once_and_the_server_does_not_start(
    command_line: CommandLine, servers: Servers
) -> None:
    wrong = {
        "maintenance": [{**WINDOW, "when": "always"}],
        "responses": {"at_once": 0},
        "retention": {"alerts_max": -1},
        "checks": [{"name": "c", "tcp": "nas:99999"}],
        "sources": {"webhook": {"garden": {"name": "["}}},
    }
    server = servers.new(wrong)
    ended = command_line.run("config", "check", "--config", str(server.file))
    assert ended.code == 2
    for word in ("maintenance", "at_once", "alerts_max", "99999", "garden"):
        assert word in ended.out + ended.err, word
    assert server.begin().wait(120) == 2
    assert "maintenance" in server.log
    assert not (server.data / "lamplighter.db").exists()
