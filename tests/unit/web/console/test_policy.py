"""The library's page under our policy: every script and style of it bears the nonce, and nothing else may run."""

from __future__ import annotations

import re
from pathlib import Path

import nicegui
import pytest

from lamplighter.web.console.policy import (
    NONCED,
    PLAIN_BODY,
    UnknownPage,
    content_policy,
    library_page,
    page_headers,
    with_nonces,
)

PAGE = library_page(Path(nicegui.__file__).parent)


def test_every_script_and_style_of_the_librarys_page_bears_a_nonce() -> None:
    made = with_nonces(PAGE).replace(PLAIN_BODY, "")
    opened = re.findall(r"<(?:script|style)\b[^>]*>", made)
    assert len(opened) >= 8
    assert all(NONCED in one for one in opened)
    assert not re.findall(r"<[a-z][^>]*\sstyle=", made)
    assert "fonts.css" not in made


@pytest.mark.parametrize("gone", ["<script", "<style", "{{ body_html | safe }}", "fonts.css", 'style="display: none"'])
def test_a_page_that_is_not_the_one_expected_is_refused(gone: str) -> None:
    with pytest.raises(UnknownPage):
        with_nonces(PAGE.replace(gone, "<other"))


def test_a_library_without_its_page_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownPage):
        library_page(tmp_path)


def test_the_policy_knows_no_exception() -> None:
    policy = content_policy("abc")
    assert "unsafe" not in policy
    assert "*" not in policy
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == parts["base-uri"] == parts["frame-ancestors"] == "'none'"
    assert parts["script-src"] == parts["style-src"] == "'self' 'nonce-abc'"
    assert parts["connect-src"] == parts["form-action"] == "'self'"
    assert page_headers("abc")["Cache-Control"] == "no-store"
