"""The session's cookie: out of reach of scripts and other sites, and over https alone where there is https."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response

from lamplighter.web.context import context
from lamplighter.web.identity import COOKIE, SECURE_COOKIE


def is_https(request: Request) -> bool:
    """Whether the browser came by https, to us or to the proxy that `site.url` names."""
    if request.url.scheme == "https":
        return True
    site = urlsplit(context(request).app.settings.configuration.site.url or "")
    return site.scheme == "https" and site.netloc.lower() == request.headers.get("host", "").lower()


def keep(request: Request, response: Response, secret: str, seconds: float) -> None:
    """Give the browser its session."""
    secure = is_https(request)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        secret,
        max_age=int(seconds),
        path="/",
        secure=secure,
        httponly=True,
        # Lax, so that a link to an incident in a message finds the reader signed in.
        samesite="lax",
    )


def drop(response: Response) -> None:
    """Take it away."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
