"""A7, A10, A25: an admin lets people and programs in by the pages; each sees what it may, secrets are shown once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.acceptance.console.conftest import PASSWORD, WAIT_MILLISECONDS, Visiting
from tests.acceptance.console.test_inert import ALL
from tests.acceptance.console.test_reading import PHONE, findings
from tests.acceptance.exam.conftest import Server, making_servers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OTHER = "a heron under the jetty"
SMALL = """[...document.querySelectorAll(
    "button, input:not([type=hidden]):not([type=checkbox]), select, summary, nav a")]
    .map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
    .filter(([, r]) => r.width > 1 && (r.height < 24 || r.width < 24))
    .map(([html, r]) => `${html} ${r.width}x${r.height}`)"""


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[Server]:
    with making_servers(environment) as made:
        running = made.new().start()
        yield running
        assert running.stop() == 0
        assert "Traceback" not in running.log
        for secret in (PASSWORD, OTHER, "lmp_"):
            assert secret not in running.log


@contextmanager
def stranger(chromium: Browser, server: Server) -> Iterator[Page]:
    """A browser that nobody is signed in with."""
    context = chromium.new_context(base_url=f"http://127.0.0.1:{server.port}")
    context.set_default_timeout(WAIT_MILLISECONDS)
    try:
        yield context.new_page()
    finally:
        context.close()


def person_row(page: Page, name: str) -> Any:  # noqa: ANN401 - playwright's locator
    return page.locator("tr", has=page.locator(f"strong:text-is('{name}')"))


def opened(page: Page, name: str) -> Any:  # noqa: ANN401 - playwright's locator
    """The row of a person, unfolded."""
    row = person_row(page, name)
    if row.locator("details[open]").count() == 0:
        row.locator("summary").click()
    return row


def invited(page: Page, name: str, role: str) -> str:
    """What the page of an invitation shows."""
    form = page.locator("form[action='/people/invite']", has=page.locator("input[name=name]:not([type=hidden])"))
    form.locator("input[name=name]").fill(name)
    form.locator("select").select_option(role)
    form.locator("button").click()
    page.wait_for_selector("text=This is shown once")
    return str(page.locator(".query code").inner_text())


def test_an_admin_invites_a_viewer_who_sees_only_what_a_viewer_may(
    server: Server, visiting: Visiting, chromium: Browser
) -> None:
    with visiting(server, "admin") as visit, stranger(chromium, server) as page:
        link = invited(visit.go("/people"), "kim", "viewer")
        assert "invited" in person_row(visit.go("/people"), "kim").inner_text()
        page.goto(re.sub(r"^https?://[^/]+", "", link))
        page.fill("input[name=password]", OTHER)
        page.click("button:text('Come in')")
        page.wait_for_selector("html[data-live=yes] header.frame")
        page.click(".who summary")
        assert page.locator(".who a[href='/account']").is_visible()
        assert page.locator("a[href='/people']").count() == 0
        page.keyboard.press("?")
        assert "people and tokens" not in page.locator("#help").inner_text()
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("p")
        page.keyboard.press("Escape")
        assert page.url.endswith("/")
        refused = page.goto("/people")
        assert refused is not None
        assert refused.status == 403
        assert "to administer wants at least admin" in page.inner_text("main")
        page.goto("/account")
        page.wait_for_selector("html[data-live=yes] h1:text-is('kim')")
        assert "wants operator" in page.inner_text("main")
        answers = page.evaluate(
            """() => Promise.all(["/people", "/people/invite", "/people/password", "/tokens", "/setup-link"].map(
            (path) => fetch(path, { method: "POST", body: new URLSearchParams({ csrf:
            document.querySelector("input[name=csrf]").value, name: "eve", role: "admin", "scope-admin": "on",
            password: "some words for a password" }) }).then((answer) => answer.status)))"""
        )
        assert answers == [403] * 5
        again = stranger(chromium, server)
        with again as late:
            ended = late.goto(re.sub(r"^https?://[^/]+", "", link))
            assert ended is not None
            assert ended.status == 410


def test_an_act_that_a_viewer_forges_on_an_open_page_is_refused(server: Server, visiting: Visiting) -> None:
    with visiting(server, "viewer") as visit:
        page = visit.go("/account")
        for verb in ("role", "remove", "sign_out", "revoke"):
            page.evaluate(
                """(verb) => { const button = document.createElement("button");
                Object.assign(button.dataset, { act: verb, name: "viewer", role: "admin", token: "TOK-1" });
                document.querySelector(".pane-account").append(button); button.click(); button.remove(); }""",
                verb,
            )
            page.wait_for_selector(".toast.wrong:has-text('to administer wants at least admin')")
            page.evaluate("document.querySelector('.toast').remove()")
            page.reload()
            page.wait_for_selector("html[data-live=yes]")
    users = {one["name"]: one["role"] for one in server.client.get("/api/v1/users").json()["users"]}
    assert users["viewer"] == "viewer"


def test_a_role_changes_at_once_sessions_end_and_somebody_is_removed_by_name(
    server: Server, visiting: Visiting, chromium: Browser
) -> None:
    server.client.post("/api/v1/users", json={"name": "lee", "password": OTHER}).raise_for_status()
    with visiting(server, "admin") as visit, stranger(chromium, server) as lee:
        lee.goto("/login")
        lee.fill("input[name=username]", "lee")
        lee.fill("input[name=password]", OTHER)
        lee.click("button:text('Sign in')")
        lee.wait_for_selector("header.frame")
        page = visit.go("/people")
        row = opened(page, "lee")
        assert "1 browser" in row.inner_text()
        row.locator("select").select_option("operator")
        row.locator("button:has-text('Set the role')").click()
        page.wait_for_selector(".toast:has-text('lee is operator')")
        row.locator("td:text-is('operator')").wait_for()
        assert lee.context.request.get("/api/v1/me").json()["role"] == "operator"
        opened(page, "lee").locator("button:has-text('Sign out everywhere')").click()
        page.click("dialog button:has-text('Sign out')")
        page.wait_for_selector(".toast:has-text('lee: 1 session ended')")
        assert lee.context.request.get("/api/v1/me").status == 401
        lee.wait_for_url("**/login**")
        opened(page, "lee").locator("button:has-text('Remove')").click()
        page.fill("dialog input", "someone")
        page.click("dialog button:has-text('Remove')")
        assert page.locator("dialog[open]").count() == 1, "another name is not this one"
        page.fill("dialog input", "lee")
        page.click("dialog button:has-text('Remove')")
        page.wait_for_selector(".toast:has-text('lee may not come in any more')")
        person_row(page, "lee").wait_for(state="detached")


def test_the_page_says_why_the_last_admin_stays(server: Server, visiting: Visiting) -> None:
    with visiting(server, "admin") as visit:
        row = opened(visit.go("/people"), "admin")
        assert "admin is the only admin with a password here; make somebody else an admin first" in row.inner_text()
        assert row.locator("button:has-text('Remove')").count() == 0
    refused = server.client.delete("/api/v1/users/admin")
    assert (refused.status_code, refused.json()["code"]) == (409, "last-admin")


def test_a_token_is_shown_once_works_and_is_refused_when_revoked(server: Server, visiting: Visiting) -> None:
    clipboard = ["clipboard-read", "clipboard-write"]
    with visiting(server, "admin", permissions=clipboard) as visit, visiting(server, "admin") as other:
        watching = other.go("/people")
        page = visit.go("/people")
        form = page.locator("form[action='/tokens']")
        form.locator("input[name=name]").fill(ALL[:100])
        form.locator("input[name=scope-read]").check()
        form.locator("button").click()
        page.wait_for_selector("text=This is shown once")
        token = page.locator(".query code").inner_text()
        page.click("button.copy")
        page.wait_for_selector("button.copy:has-text('copied')")
        assert page.evaluate("navigator.clipboard.readText()") == token
        assert page.evaluate("window.pwned") is None
        bears = {"authorization": f"Bearer {token}"}
        status = f"http://127.0.0.1:{server.port}/api/v1/status"
        assert httpx.get(status, headers=bears, timeout=60).status_code == 200
        visit.go("/people")
        row = page.locator("tr", has_text=ALL[:40])
        assert "read" in row.inner_text()
        watching.locator("tr", has_text=ALL[:40]).wait_for()
        for seen in (page, watching):
            assert token not in seen.content()
            assert seen.evaluate("window.pwned") is None
        row.locator("button:has-text('Revoke')").click()
        page.click("dialog button:has-text('Revoke')")
        page.wait_for_selector(".toast:has-text('is revoked')")
        assert httpx.get(status, headers=bears, timeout=60).status_code == 401


def test_a_name_that_is_markup_is_refused_and_not_run(server: Server, visiting: Visiting) -> None:
    with visiting(server, "admin") as visit:
        page = visit.go("/people")
        form = page.locator("form[action='/people/invite']", has=page.locator("input[name=name]:not([type=hidden])"))
        form.locator("input[name=name]").fill("<img src=x onerror=window.pwned=1>")
        # The refusal itself is an answer of 422, which the browser notes as a failed load.
        form.locator("button").click()
        page.wait_for_selector("text=a name has 1 to 64 letters")
        assert page.evaluate("window.pwned") is None
        visit.complaints[:] = [one for one in visit.complaints if "422" not in one]
    assert "<img" not in server.client.get("/api/v1/users").text


def test_a_person_changes_the_own_password_and_goes_on(server: Server, visiting: Visiting, chromium: Browser) -> None:
    server.client.post("/api/v1/users", json={"name": "pat", "password": PASSWORD}).raise_for_status()
    with stranger(chromium, server) as page, stranger(chromium, server) as other:
        for one in (page, other):
            one.goto("/login")
            one.fill("input[name=username]", "pat")
            one.fill("input[name=password]", PASSWORD)
            one.click("button:text('Sign in')")
            one.wait_for_selector("header.frame")
        page.goto("/account")
        page.wait_for_selector("html[data-live=yes] h1:text-is('pat')")
        page.fill("input[name=present]", "not the present one")
        page.fill("input[name=password]", OTHER)
        page.click("button:text('Change it')")
        page.wait_for_selector("text=that is not the present password")
        assert OTHER not in page.content()
        page.goto("/account")
        page.fill("input[name=present]", PASSWORD)
        page.fill("input[name=password]", OTHER)
        page.click("button:text('Change it')")
        page.wait_for_selector(".toast:has-text('your other sessions have ended')")
        assert page.context.request.get("/api/v1/me").status == 200
        assert other.context.request.get("/api/v1/me").status == 401


@pytest.mark.parametrize(("site", "told"), [("same-origin", True), ("cross-site", False), ("same-site", False)])
def test_no_link_on_another_site_makes_a_page_say_that_something_was_done(
    server: Server, site: str, *, told: bool
) -> None:
    headers = {"authorization": f"Bearer {server.token}", "sec-fetch-site": site, "accept": "text/html"}
    address = f"http://127.0.0.1:{server.port}/people?done=password"
    answer = httpx.get(address, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text[:300]
    assert ("the password is another now" in answer.text) is told


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious_and_a_telephone_is_wide_enough(
    server: Server, visiting: Visiting, scheme: str
) -> None:
    server.client.post("/api/v1/tokens", json={"name": "w" * 100, "scopes": ["read"]}).raise_for_status()
    name = {"name": f"{scheme}{'x' * 50}", "role": "operator"}
    server.client.post("/api/v1/invitations", json=name).raise_for_status()
    for role, path in (("admin", "/people"), ("admin", "/audit"), ("admin", "/account"), ("viewer", "/account")):
        for size in (PHONE, {"width": 1280, "height": 800}):
            with visiting(server, role, viewport=size, color_scheme=scheme, bypass_csp=True) as visit:
                page = visit.go(path)
                assert visit.fits(), (path, size)
                for element in reversed(page.locator("summary").all()):
                    element.click()
                assert findings(page) == [], (path, size)
                assert visit.fits(), (path, size, "unfolded")
                assert page.evaluate(SMALL) == [], (path, size)


def test_the_keys_lead_there_and_the_plain_pages_too(server: Server, visiting: Visiting) -> None:
    with visiting(server, "admin") as visit:
        page = visit.go("/")
        page.keyboard.press("g")
        page.keyboard.press("p")
        page.wait_for_selector("html[data-live=yes] h1:text-is('People and tokens')")
        page.keyboard.press("g")
        page.keyboard.press("m")
        page.wait_for_selector("html[data-live=yes] h1:text-is('admin')")
        page.goto("/silences")
        page.click("header a[href='/account']")
        page.wait_for_selector("html[data-live=yes] h1:text-is('admin')")
