"""Forms as they are read, and times in the site's zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from fastapi import Request
from starlette.types import Message

from lamplighter.testing import NOON
from lamplighter.web.problems import Problem
from lamplighter.web.rendering import form_of, local, places, wants_page

FORM = b"application/x-www-form-urlencoded"


def request(body: bytes = b"", kind: bytes = FORM, accept: bytes = b"*/*") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", kind), (b"accept", accept)]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}, receive)


async def test_the_fields_of_a_form() -> None:
    found = await form_of(request(b"text=a%0D%0Ab&by=+&by=al&empty=&umlaut=%C3%BC"))
    assert found == {"text": "a\nb", "by": "al", "umlaut": "ü"}


@pytest.mark.parametrize("body", [b"\xff\xfe=%ff", b"", b"&&&", b"a", b"%=%"])
async def test_rubbish_is_no_error_of_ours(body: bytes) -> None:
    assert all(isinstance(value, str) for value in (await form_of(request(body))).values())


@pytest.mark.parametrize("kind", [b"text/plain", b"application/json", b"multipart/form-data", b""])
async def test_what_is_no_form_is_415(kind: bytes) -> None:
    with pytest.raises(Problem) as refused:
        await form_of(request(b"a=b", kind))
    assert refused.value.status == 415


async def test_a_form_of_thousands_of_fields_is_422() -> None:
    with pytest.raises(Problem) as refused:
        await form_of(request(b"&".join(b"f%d=x" % number for number in range(5000))))
    assert refused.value.status == 422


def test_times_are_those_of_the_site() -> None:
    assert local(NOON, "%H:%M:%S.%f", zone=ZoneInfo("Europe/Paris")) == "13:00:00.000"


def test_a_browser_says_that_it_is_one() -> None:
    assert wants_page(request(accept=b"text/html,*/*"))
    assert not wants_page(request())


def test_a_server_without_a_console_leads_nowhere_but_to_plain_pages() -> None:
    assert [address for address, _ in places(console=False)] == ["/incidents", "/alerts", "/silences", "/checks"]
    assert ("/", "Overview") in places(console=True)
    assert {address for address, _ in places(console=False)} < {address for address, _ in places(console=True)}
