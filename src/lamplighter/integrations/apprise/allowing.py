"""Which Apprise URLs may be used: services that take messages to people, and none that runs, writes or posts anywhere.

Pure.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

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
# Parameters that follow redirects or read a file of this machine.
REFUSED_KEYS = frozenset(
    {"redirect", "template", "attach", "attachment", "config", "keyfile", "pgpkey", "pgp", "cert", "key_file"}
)


def why_refused(url: str) -> str:
    """Why a URL may not be used, with the fix; empty where it may. The URL itself is not repeated: it is a secret."""
    if len(url) > URL_CHARS_MAX or any(character.isspace() or not character.isprintable() for character in url):
        return "is no single Apprise URL; write one URL an entry, without spaces"
    scheme, colon, _ = url.partition("://")
    scheme = scheme.lower()
    if not colon:
        return 'is no Apprise URL; write it such as "ntfy://ntfy.home.lan/ops"'
    if scheme not in ALLOWED:
        shown = scheme if scheme.isascii() and scheme.isalnum() else "this"
        return f"{shown[:30]}:// is not allowed; use one of {', '.join(sorted(ALLOWED))}"
    try:
        keys = {key.lower().lstrip("+-:") for key, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    except ValueError:
        return "cannot be read as a URL; check its host and port"
    refused = sorted(keys & REFUSED_KEYS)
    return f'the parameter "{refused[0]}" is not allowed; drop it' if refused else ""
