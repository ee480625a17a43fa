"""What an answer means for a retry, in either form of Retry-After, and what never stands in an error."""

from __future__ import annotations

import pytest

from lamplighter.integrations.publishing import Answer, Publisher, retry_after
from lamplighter.ports import ChannelError
from lamplighter.testing import NOON


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17),
        ("0", 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("9" * 50, 999_999),
        ("Mon, 05 Jan 2026 12:01:00 GMT", 60),
        ("Mon, 05 Jan 2026 11:00:00 GMT", 0),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", 0),
        ("Mon, 01 Jan 2026 00:00:00 +9999999999", 0),
        ("Sun, 99999999999999 Nov 1994 08:49:37 GMT", 0),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float) -> None:
    assert retry_after({"retry-after": value}, NOON) == seconds


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (404, True),
        (301, True),
        (408, False),
        (425, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_only_what_may_pass_is_tried_again(status: int, *, permanent: bool) -> None:
    with pytest.raises(ChannelError) as caught:
        Publisher("x").accepted(Answer(status, {}, b"words"), NOON)
    assert caught.value.permanent is permanent


def test_an_error_holds_neither_the_secret_nor_what_looks_like_one() -> None:
    with pytest.raises(ChannelError) as caught:
        Publisher("x", secret="my-secret-path").accepted(
            Answer(500, {}, b"my-secret-path password=hunter2hunter2"), NOON
        )
    assert "my-secret-path" not in str(caught.value)
    assert "hunter2hunter2" not in str(caught.value)


async def test_an_address_that_cannot_be_read_is_a_failure_and_no_crash() -> None:
    for url in ("http://[::1", "http://", "ftp://x", "http://a:99999/"):
        with pytest.raises(ChannelError):
            await Publisher("x", 1).ask("GET", url)


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "0.0.0.0", "[::]", "[fe80::1]"])
async def test_addresses_that_are_never_asked_get_no_message_either(host: str) -> None:
    with pytest.raises(ChannelError, match=r"link-local|unspecified"):
        await Publisher("x", 20).ask("POST", f"http://{host}/")


def test_what_it_is_made_of_is_shown_without_its_secret() -> None:
    assert "sesame" not in repr(Publisher("telegram", secret="sesame", headers={"authorization": "sesame"}))
