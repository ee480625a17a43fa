"""One planted secret of every kind that scanners know. None opens anything: they were made here, letter by letter."""

from __future__ import annotations

import random
import string

DICE = random.Random(4)  # noqa: S311 - the same letters at each run, and no secret
WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def letters(count: int, alphabet: str = WORD) -> str:
    """So many letters."""
    return "".join(DICE.choices(alphabet, k=count))


# By kind: the text in which it stands, with {} for it, and the secret itself. No file here holds one whole.
SECRETS: dict[str, tuple[str, str]] = {
    "aws key": ("using {} for s3", "AKIA" + letters(16, string.ascii_uppercase + string.digits)),
    "aws secret": ("aws_secret_access_key = {}", letters(40)),
    "artifactory": ("X-JFrog-Art-Api: {}", "AKC" + letters(60)),
    "azure storage": ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};", letters(86) + "=="),
    "basic auth in a URL": ("GET https://robot:{}@registry.example.org/v2/", letters(18)),
    "basic auth header": ("Authorization: Basic {}", letters(24) + "=="),
    "bearer": ("curl -H 'Authorization: Bearer {}'", letters(40)),
    "cloudant": ("https://me:{}@me.cloudant.com", letters(64, HEX)),
    "discord": ("bot logged in with {}", "M" + letters(23) + "." + letters(6) + "." + letters(27)),
    "github": ("cloning with {}", "ghp_" + letters(36)),
    "github fine": ("cloning with {}", "github_pat_" + letters(22) + "_" + letters(59)),
    "gitlab": ("runner registered with {}", "glpat-" + letters(20)),
    "gitlab runner": ("runner registered with {}", "glrt-" + letters(20)),
    "google": ("maps key {}", "AIza" + letters(35)),
    "ibm cloud": ("ibm_api_key: {}", letters(44)),
    "jwt": ("session {}", "eyJ" + letters(20) + ".eyJ" + letters(30) + "." + letters(43)),
    "keyword": ("db_password={}", letters(20)),
    "quoted keyword": ('{{"password": "{}"}}', letters(8) + " " + letters(8)),
    "mailchimp": ("mailchimp {}", letters(32, HEX) + "-us12"),
    "npm": ("//registry.example.org/:_authToken={}", "npm_" + letters(36)),
    "openai": ("model key {}", "sk-" + letters(20) + "T3BlbkFJ" + letters(20)),
    "private key": (
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        letters(64) + "\n" + letters(64),
    ),
    "pypi": ("upload with {}", "pypi-AgEIcHlwaS5vcmc" + letters(80)),
    "sendgrid": ("mail by {}", "SG." + letters(22) + "." + letters(43)),
    "slack": ("posting with {}", "xoxb-" + letters(11, string.digits) + "-" + letters(24)),
    "slack webhook": ("https://hooks.slack.com/services/{}", "T" + letters(8) + "/B" + letters(8) + "/" + letters(24)),
    "square": ("square {}", "sq0csp-" + letters(43)),
    "stripe": ("charge with {}", "sk_live_" + letters(24)),
    "telegram": ("bot {}", letters(9, string.digits) + ":" + letters(35)),
    "twilio": ("sms by {}", "SK" + letters(32, HEX)),
    "softlayer": ("softlayer_api_key = {}", letters(64, HEX)),
    "cookie": ("Cookie: session={}", letters(32)),
    "argument": ("mysqld --user root --password {}", letters(16)),
    "environment": ("POSTGRES_PASSWORD={}", letters(16)),
    "DSN": ("postgresql://app:{}@db:5432/shop", letters(16)),
    "query": ("GET /hook?access_token={} HTTP/1.1", letters(24)),
    "statement": ("ALTER ROLE app WITH PASSWORD '{}'", letters(16)),
    "sql identified": ("CREATE USER 'a'@'%' IDENTIFIED BY '{}'", letters(16)),
}
