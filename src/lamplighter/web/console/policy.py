"""What a browser may do on a page of the console, and the library's page made to fit it. No request is read here."""

from __future__ import annotations

from pathlib import Path

# The library's own page: inline scripts and styles in these places, and nowhere else.
SCRIPT, STYLE = "<script", "<style"
NONCED = ' nonce="{{ request.state.nonce }}"'
# An inline style in an attribute that no nonce can allow; `hidden` says the same.
HIDDEN_BY_STYLE = 'id="nicegui-keep-alive-cache" style="display: none"'
HIDDEN = 'id="nicegui-keep-alive-cache" hidden'
# The styles of single-file components stand in a variable. There are none, and an empty style would be refused aloud.
BODY, PLAIN_BODY = "{{ body_html | safe }}", '{{ body_html | replace("<style></style>", "") | safe }}'

# Fonts of the library that no page of ours uses.
FONTS = '@import url("{{ prefix | safe }}/_nicegui/{{version}}/static/fonts.css") layer(base);'


class UnknownPage(Exception):
    """The library's page is not the one that this was written for."""


def content_policy(nonce: str) -> str:
    """The header of a page: own scripts and styles, no evaluated text, nothing from elsewhere."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def page_headers(nonce: str) -> dict[str, str]:
    """All headers that keep a page harmless."""
    return {
        "Content-Security-Policy": content_policy(nonce),
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer: with that, browsers send the origin of our own forms as null, and the gate refuses them.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Vary": "Accept, Cookie",
    }


def with_nonces(source: str) -> str:
    """The library's template, each script and style with a nonce. Raises `UnknownPage`.

    The template is changed and not the page made from it, so that no text of an alert can ever get a nonce.
    """
    for needed in (SCRIPT, STYLE, HIDDEN_BY_STYLE, BODY, FONTS):
        if needed not in source:
            raise UnknownPage(f"nicegui's page has no {needed!r}; look at what changed in it, and change this with it")
    nonced = source.replace(SCRIPT, SCRIPT + NONCED).replace(STYLE, STYLE + NONCED)
    nonced = nonced.replace(FONTS, "")
    return nonced.replace(HIDDEN_BY_STYLE, HIDDEN).replace(BODY, PLAIN_BODY)


def library_page(folder: Path) -> str:
    """The page as it comes with the library. Raises `UnknownPage`."""
    try:
        return (folder / "templates" / "index.html").read_text(encoding="utf-8")
    except OSError as problem:
        raise UnknownPage(f"nicegui's page cannot be read: {problem}") from problem
