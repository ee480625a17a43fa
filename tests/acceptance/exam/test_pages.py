"""A10, B10 and the ancestors: what an alert says is text on the page, and never anything a browser runs or follows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.exam.conftest import Payloads, Server

SCRIPTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "<a href='javascript:alert(1)'>x</a>",
    "{{ 7*7 }}{% raw %}${7*7}",
    "<!--<script>-->",
    "[x](javascript:alert(1)) ![](http://evil.example/?q=1)",
    "<iframe srcdoc='<script>alert(1)</script>'>",
]
LINKS = [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "JaVaScRiPt:alert(1)",
    "//x",
]
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "link",
    "body",
    "header",
    "main",
    "section",
    "table",
    "thead",
    "tbody",
    "tr",
}
ALLOWED |= {
    "td",
    "th",
    "p",
    "h1",
    "h2",
    "h3",
    "ol",
    "ul",
    "li",
    "span",
    "small",
    "strong",
    "code",
    "time",
    "nav",
    "footer",
    "a",
    "br",
    "button",
    "div",
    "form",
    "details",
    "summary",
    "input",
    "label",
    "script",
    "textarea",
}
# The picture of what came first, which is drawn without script and without a style of its own.
ALLOWED |= {"svg", "text", "rect", "circle", "line", "path", "polyline", "caption", "i"}


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.tags_seen: list[str] = []
        self.names: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.tags_seen.append(tag)
        self.names |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "srcdoc"}]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_an_alert_says_is_text_on_its_page(server: Server, make: Payloads, script: str) -> None:
    number = SCRIPTS.index(script)
    labels = {"alertname": f"Xss{number} {script}", "instance": script, "severity": script, "container": script}
    notes = {"summary": f"Xss{number} {script}", "description": script, "runbook_url": LINKS[number % len(LINKS)]}
    link = LINKS[number % len(LINKS)]
    server.send(make.alert(labels=labels, annotations=notes, generatorURL=link)).raise_for_status()
    incident = server.incident_titled(f"Xss{number}")
    answer = server.client.get(f"/incidents/{incident['id']}").raise_for_status()
    page = Page(answer.text)
    assert page.tags <= ALLOWED
    assert not {name for name in page.names if name.startswith("on") or name in {"style", "srcdoc"}}
    assert page.tags_seen.count("script") == 1
    own = r"/(assets|incidents|alerts|silences|checks|pause|resume|api/v1/incidents)\b|#[a-z]+-[0-9]+$"
    assert all(re.match(own, one) for one in page.links), page.links
    assert script.split("{%", maxsplit=1)[0].rsplit("<!--", maxsplit=1)[-1] in page.text or script in page.text


def test_the_page_forbids_all_but_its_own_script_and_forms(server: Server, make: Payloads) -> None:
    server.send(make.alert("Plain")).raise_for_status()
    answer = server.client.get(f"/incidents/{server.incident_titled('Plain')['id']}")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].startswith("text/html; charset=utf-8")


def test_json_that_bears_a_script_is_never_shown_as_a_page(server: Server, make: Payloads) -> None:
    server.send(make.alert("<script>Json</script>")).raise_for_status()
    found = server.incident_titled("Json")
    for path in (f"/api/v1/incidents/{found['id']}", "/incidents", "/api/v1/incidents", "/api/v1/incidents/<script>"):
        assert "json" in server.client.get(path).headers["content-type"]


def test_the_ancestors_doors_answer_as_they_did(server: Server, make: Payloads) -> None:
    before = server.client.get("/stats").json()
    answer = server.client.post("/alert", json=make.body(make.alert("Ancestor")))
    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted"
    found = server.in_state(server.incident_titled("Ancestor")["id"], "needs_human")["incident"]
    listed = server.client.get("/incidents", params={"status": found["state"], "limit": 200}).json()["incidents"]
    assert found["id"] in [each["id"] for each in listed]
    assert server.client.get("/incidents?status=fine").status_code == 422
    after = server.client.get("/stats").json()
    assert after["total_incidents"] == before["total_incidents"] + 1
    assert set(after) == {"total_incidents", "resolved_incidents", "by_status"}
    assert server.client.get("/health").json()["status"] == "healthy"


def test_a_resolution_with_a_script_and_escapes_is_text_too(server: Server, make: Payloads) -> None:
    server.send(make.alert("Closed")).raise_for_status()
    found = server.in_state(server.incident_titled("Closed")["id"], "needs_human")["incident"]
    words = "<script>alert(1)</script> \x1b]0;x\x07 \u202e"
    path = f"/api/v1/incidents/{found['id']}/resolve"
    assert server.client.get(path).status_code == 405
    closed = server.client.post(path, json={"resolution": words})
    assert closed.status_code == 200
    again = server.client.post(path, json={"resolution": "other words"})
    assert again.status_code in {200, 409}
    assert server.show(found["id"])["incident"]["resolution"] == closed.json()["resolution"]
    page = Page(server.client.get(f"/incidents/{found['id']}").text)
    assert page.tags_seen.count("script") == 1
    assert server.show(found["id"])["incident"]["resolved_by"] == "admin"
