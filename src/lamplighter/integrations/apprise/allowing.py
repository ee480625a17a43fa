"""Which Apprise URLs may be used: services that take messages to people, and none that runs, writes or posts anywhere.

Pure.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

URL_CHARS_MAX = 2_000
# What is left out on purpose: json, xml, form and apprise (they post anywhere), dbus, gnome, glib, kde, macosx,
# windows and syslog (they act on this machine), mqtt, amqp and ifttt (they set things in motion), public networks.
ALLOWED = frozenset(
    {
        *("mailto", "mailtos", "ses", "mailgun", "sendgrid", "postmark", "brevo", "resend", "smtp2go", "sparkpost"),
        *("discord", "slack", "matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets", "zulip", "gchat"),
        *("workflow", "workflows", "wxteams", "webex", "tgram", "signal", "signals", "threema", "revolt", "guilded"),
        *("nctalk", "nctalks", "ncloud", "nclouds", "synology", "synologys", "feishu", "lark", "dingtalk", "line"),
        *("ntfy", "ntfys", "gotify", "gotifys", "pover", "pbul", "bark", "barks", "psafer", "prowl", "simplepush"),
        *("notifiarr", "join", "pushdeer", "pushdeers", "hassio", "hassios", "signl4", "o365", "whatsapp"),
        *("opsgenie", "pagerduty", "twilio", "vonage", "msgbird", "clicksend", "plivo", "sinch", "seven"),
    }
)
# What says to whom, as whom and how a message goes. All else is refused, such as what follows redirects (redirect),
# reads a file of this machine (template, attach, keyfile, pgpkey, cert) or adds headers (+, - and : before a name).
ALLOWED_KEYS = frozenset(
    {
        *("to", "cc", "bcc", "from", "reply", "name", "sender", "source", "subject", "channel", "channels", "topic"),
        *("user", "pass", "password", "token", "key", "apikey", "secret", "auth", "access", "smtp", "mode", "method"),
        *("format", "overflow", "emojis", "tz", "verify", "rto", "cto", "retry", "wait", "batch", "region", "version"),
        *("priority", "severity", "urgency", "level", "critical", "sound", "volume", "silent", "ttl", "expire", "call"),
        *("tags", "title", "subtitle", "group", "category", "badge", "click", "link", "email", "delay", "preview"),
        *("image", "icon", "avatar", "footer", "botname", "thread", "msgtype", "route", "template_id", "entity"),
        *("domain", "tenant", "workspace", "team", "id", "dedup", "status", "country", "lang", "flash", "unicode"),
    }
)
# Services that run at the host which the URL names; for all others it is an id, or a name that the service knows.
HOSTED = frozenset(
    {
        *("mailto", "mailtos", "matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets", "nctalk", "nctalks"),
        *("ncloud", "nclouds", "synology", "synologys", "ntfy", "ntfys", "gotify", "gotifys", "bark", "barks"),
        *("hassio", "hassios", "signal", "signals", "pushdeer", "pushdeers", "workflow", "workflows"),
    }
)
_ANOTHER = re.compile(r"[,;]+[^/?#=&]*:[/\\]")
_SEPARATORS = re.compile("[&;]")


def why_refused(url: str) -> str:
    """Why a URL may not be used, with the fix; empty where it may. The URL itself is not repeated: it is a secret."""
    odd = any(character.isspace() or not character.isprintable() for character in url)
    if len(url) > URL_CHARS_MAX or odd or _ANOTHER.search(url):
        return "is no single Apprise URL; write one URL an entry, without spaces"
    scheme, colon, _ = url.partition("://")
    scheme = scheme.lower()
    if not colon:
        return 'is no Apprise URL; write it such as "ntfy://ntfy.home.lan/ops"'
    if scheme not in ALLOWED:
        shown = scheme if scheme.isascii() and scheme.isalnum() else "this"
        return f"{shown[:30]}:// is not allowed; use one of {', '.join(sorted(ALLOWED))}"
    try:
        urlsplit(url)
    except ValueError:
        return "cannot be read as a URL; check its host and port"
    return _why_refused_for_parameters(url.partition("?")[2])


def _why_refused_for_parameters(query: str) -> str:
    """Apprise takes all after the first question mark for parameters, also where a # stands before it, and so do we."""
    pairs = [pair for pair in _SEPARATORS.split(query) if pair]
    keys = [unquote(pair.partition("=")[0]).strip().lower() for pair in pairs]
    refused = next((key for key in keys if key not in ALLOWED_KEYS), None)
    if refused is None:
        return ""
    # A value that was written without its name may be a secret.
    shown = f'the parameter "{refused}"' if refused.isascii() and refused.isalpha() and "=" in query else "a parameter"
    return f"{shown[:60]} is not allowed; drop it"
