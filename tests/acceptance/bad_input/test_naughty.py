"""B8 to B12, A10: a hundred naughty texts in each text field, as the API, the command line and the pages show them.

What must hold: a text is kept and shown as text; nothing of it runs, leads away, or is fetched in a browser; no
character of it steers a terminal or turns the reading round, in any shape of output and at a true terminal.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.bad_input.conftest import CONFIGURATION
from tests.acceptance.bad_input.naughty import CONTROLLING, NAUGHTY, SCRIPTS
from tests.acceptance.exam.conftest import wait_until

if TYPE_CHECKING:
    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server

CHROMIUM = "/usr/bin/chromium"
WAIT_MILLISECONDS = 60_000
STRANGE = '</script><svg onload=window.pwned=1>\x1b[2J\u202e"'
STYLE = re.compile(rb"\x1b\[[0-9;]*m")
BROWSES = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def configuration() -> dict[str, Any]:
    window = {
        "name": "<img src=x onerror=window.pwned=1>",
        "when": "Sun 02:00-04:00",
        "targets": ["</td><script>window.pwned=1</script>"],
    }
    check = {"name": "</a><svg onload=window.pwned=1>", "heartbeat": "24h", "component": "<b>x</b>"}
    return {**CONFIGURATION, "responses": {"storm_from": 100_000}, "maintenance": [window], "checks": [check]}


def alert_of(make: Payloads, number: int, text: str) -> dict[str, Any]:
    """An alert that bears the text in every field that takes one; of severity none it would be a sign of life."""
    severity = "info" if text.lower() == "none" else text
    return make.alert(
        f"N{number:03} {text}",
        labels={"container": f"n{number:03}{text}", "instance": text, "severity": severity, "job": text},
        annotations={"summary": f"N{number:03} {text}", "description": text, "runbook_url": text, "cannot_see": text},
        startsAt=make.recent(),
        generatorURL=text,
    )


@pytest.fixture(scope="module")
def full(server: Server, make: Payloads) -> Server:
    """A server where every text is in an incident, and some are in comments, names, silences and dead letters."""
    # Half a character is refused by who writes UTF-8, and comes as an escape of JSON.
    for number, text in enumerate(NAUGHTY):
        body = make.body(alert_of(make, number, text), groupKey=text, externalURL=text)
        server.client.post("/api/v1/alerts/alertmanager", content=json.dumps(body)).raise_for_status()
    wait_until("all placed", lambda: len(listed(server)) >= len(NAUGHTY), 60)
    ids = [one["id"] for one in listed(server)]
    headers = {"content-type": "application/json"}
    for incident_id, text in zip(ids, [*CONTROLLING, *SCRIPTS], strict=False):
        said = {"text": text, "by": text[:90]}
        for verb, body in (("comments", said), ("acknowledge", said)):
            path = f"/api/v1/incidents/{incident_id}/{verb}"
            server.client.post(path, content=json.dumps(body), headers=headers)
        silence = {"matchers": ["alertname=Nothing"], "duration": "1h", "author": text[:90], "reason": text}
        server.client.post("/api/v1/silences", content=json.dumps(silence), headers=headers)
        bad = make.body(make.alert(text, status=text, labels={"x": text}))
        server.client.post("/api/v1/alerts/alertmanager", content=json.dumps(bad))
        report = {"log": f"reported {text}", "service": f"svc {text}"[:200]}
        server.client.post("/incident", content=json.dumps(report), headers=headers)
    closing = {"resolution": STRANGE, "by": STRANGE}
    server.client.post(
        f"/api/v1/incidents/{ids[0]}/resolve", content=json.dumps(closing), headers=headers
    ).raise_for_status()
    return server


def listed(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(20):
        page = server.client.get("/api/v1/incidents", params={"limit": 200, "cursor": cursor}).raise_for_status().json()
        found += page["incidents"]
        cursor = page["next"] or ""
        if not cursor:
            break
    return found


def test_the_api_gives_every_text_back_without_what_steers(full: Server, showable: Callable[[str], bool]) -> None:
    for path in (
        "/api/v1/alerts?limit=200",
        "/api/v1/dead-letters?limit=200",
        "/api/v1/silences",
        "/api/v1/maintenance",
    ):
        text = full.client.get(path).raise_for_status().text
        assert showable(json.dumps(json.loads(text), ensure_ascii=False).replace("\\n", "")), path
    for one in listed(full):
        for tail in ("", "/timeline", "/alerts"):
            answer = full.client.get(f"/api/v1/incidents/{one['id']}{tail}").raise_for_status()
            for string in strings(answer.json()):
                assert showable(string), (tail, ascii(string[:200]))


def strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_a_harmless_text_is_kept_as_it_was(full: Server) -> None:
    titles = "\n".join(one["title"] for one in listed(full))
    for text in (
        "<script>window.pwned=1</script>",
        "{{7*7}}",
        "田中さんにあげて下さい",
        "Robert'); DROP TABLE incidents;--",
        "[/]",
    ):
        assert text in titles


def test_no_metric_bears_a_text_of_an_alert(full: Server) -> None:
    text = full.client.get("/metrics").text
    assert "pwned" not in text
    assert "DROP TABLE" not in text


def harmless(text: str) -> bool:
    """Whether a terminal shows it and does nothing else."""
    return all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in text)


COMMANDS = [
    ("incidents", "list", "--all"),
    ("alerts", "list", "--limit", "200"),
    ("alerts", "dead-letters", "--limit", "200"),
    ("silence", "list", "--all"),
    ("maint", "list"),
    ("checks", "list"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_list_of_the_command_line_steers_a_terminal(
    full: Server, command_line: CommandLine, command: tuple[str, ...]
) -> None:
    shapes = ("table", "wide", "yaml", "name", "json") if command[0] == "incidents" else ("table", "yaml")
    for shape in shapes:
        ended = command_line.run(*command, "-o", shape, "--data", str(full.data))
        assert ended.code == 0, ended.err
        assert harmless(ended.out + ended.err), (
            shape,
            [ascii(c) for c in ended.out + ended.err if not harmless(c)][:5],
        )
        if shape == "json":
            json.loads(ended.out)


def test_no_incident_shown_steers_a_terminal(full: Server, command_line: CommandLine) -> None:
    ids = [one["id"] for one in listed(full) if "\ufffd" in one["title"] or "pwned" in one["title"]]
    for incident_id in ids[:3]:
        for verb in ("show", "timeline"):
            ended = command_line.run("incidents", verb, incident_id, "-o", "wide", "--data", str(full.data))
            assert ended.code == 0, ended.err
            assert harmless(ended.out + ended.err), verb
    ended = command_line.run("events", "--since", "0", "--count", "400", "--data", str(full.data))
    assert ended.code == 0, ended.err
    assert harmless(ended.out + ended.err)


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[2]], ids=" ".join)
def test_with_a_true_terminal_only_our_own_styles_arrive(
    full: Server, environment: dict[str, str], command: tuple[str, ...]
) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "lamplighter", *command, "--data", str(full.data)]
    env = {**environment, "TERM": "xterm-256color", "COLUMNS": "120"}
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=env) as running:
        os.close(theirs)
        got = b""
        while piece := read_of(ours):
            got += piece
        assert running.wait(60) == 0
    os.close(ours)
    text = STYLE.sub(b"", got).replace(b"\r\n", b"\n").decode()
    assert "N0" in text or "alertmanager" in text
    assert harmless(text), [ascii(c) for c in text if not harmless(c)][:5]


def read_of(terminal: int) -> bytes:
    """What comes next; empty where the other side is closed."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()


@pytest.fixture(scope="module")
def visit(browser: Browser, full: Server) -> Iterator[Callable[[str], Page]]:
    """Opens one page after the other; nothing may run, complain, lead away or be asked of another host."""
    site = f"http://127.0.0.1:{full.port}"
    happened: list[str] = []
    context = browser.new_context(base_url=site)
    context.set_default_timeout(WAIT_MILLISECONDS)
    context.request.post("/login", form={"username": "me", "password": full.token}, max_redirects=0)
    page = context.new_page()
    page.on("dialog", lambda dialog: happened.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: happened.append(f"error {error}"))
    page.on("console", lambda said: happened.append(f"said {said.text}") if said.type == "error" else None)
    page.on("popup", lambda other: happened.append(f"popup {other.url}"))
    page.on("download", lambda other: happened.append(f"download {other.url}"))
    page.on(
        "request", lambda asked: None if asked.url.startswith(f"{site}/") else happened.append(f"asked {asked.url}")
    )
    page.on("request", lambda asked: happened.append(f"sent {asked.url}") if asked.method != "GET" else None)

    def go(path: str) -> Page:
        page.goto(path, wait_until="load")
        page.wait_for_selector("h1", state="attached")
        page.wait_for_timeout(30)
        assert page.url == f"{site}{path}"
        assert page.evaluate("typeof window.pwned") == "undefined", path
        assert happened == [], (path, happened)
        return page

    try:
        yield go
    finally:
        context.close()


def followable(page: Page, port: int) -> None:
    """Every link, form and source of the page leads to us, or is plain http."""
    # The icon of the page is drawn in its own address.
    script = (
        "[...document.querySelectorAll('[href]:not([rel~=icon]),[src],[action],[formaction]')]"
        ".map(e => ['href', 'src', 'action', 'formaction'].map(name => e.getAttribute(name)).find(Boolean) ?? '')"
        ".map(address => new URL(address, document.baseURI).href)"
    )
    for address in page.evaluate(script):
        assert str(address).startswith((f"http://127.0.0.1:{port}/", "http://", "https://")), address
    # The console's own scripts and styles stand outside of what it shows.
    live = page.locator("header.frame").count() == 1
    assert page.evaluate("document.querySelectorAll('main script').length") == 0
    assert live or page.evaluate("document.scripts.length") == 1
    names = set(page.evaluate("[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"))
    assert not {name for name in names if name.startswith("on")}
    strange = "iframe,object,embed,base,svg script,math,style,meta[http-equiv=refresh],template,details[ontoggle]"
    shown = "main, header" if live else "html"
    assert page.locator(shown).locator(strange).count() == 0


class TestPages:
    pytestmark = BROWSES

    def test_the_lists_show_every_text_and_run_none(self, full: Server, visit: Callable[[str], Page]) -> None:
        for path in (
            "/incidents",
            "/incidents?status=all",
            "/incidents?status=closed",
            "/alerts",
            "/silences",
            "/checks",
        ):
            followable(visit(path), full.port)
        seen = 0
        path = "/incidents?status=all"
        for _ in range(12):
            page = visit(path)
            followable(page, full.port)
            seen += page.evaluate(
                "new Set([...document.querySelectorAll('a[href^=\"/incidents/INC-\"]')].map(a => a.href)).size"
            )
            addresses = page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
            following = next((one for one in addresses if one and "cursor=" in one), "")
            if not following:
                break
            path = following
        assert seen >= len(NAUGHTY)

    def test_the_page_of_each_incident_shows_its_text_and_runs_nothing(
        self, full: Server, visit: Callable[[str], Page]
    ) -> None:
        named = [one for one in listed(full) if one["title"].startswith("N")]
        assert len(named) >= len(NAUGHTY) - 5
        found = [one for one in named if "pwned" in one["title"] or "\ufffd" in one["title"]] + named[::6]
        for one in found:
            for form in ("", "?plain=1"):
                page = visit(f"/incidents/{one['id']}{form}")
                followable(page, full.port)
                shown = "".join(page.inner_text("body").split())
                assert "".join(one["title"].split())[:40] in shown, ascii(one["title"])

    def test_what_people_type_into_filters_is_text(self, full: Server, visit: Callable[[str], Page]) -> None:
        for text in SCRIPTS:
            followable(visit(f"/incidents?status=all&q={quote(text, safe='')}"), full.port)
