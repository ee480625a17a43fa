from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.redaction import MASK, redact, redact_json, redact_values

CANARY = "Zx9QcAnArY77hUmbug42"
HEX = "0123456789abcdef0123456789abcdef"
# A generous bound in processor time, not a measurement: a bad pattern needs minutes, a good one some milliseconds.
PROCESSOR_SECONDS_MAX = 1.0
KEY = "-----BEGIN {kind}-----\nMIIEow{canary}\n+/abc==\n-----END {kind}-----"

KNOWN = {
    "password": f"password={CANARY}",
    "password in YAML": f"  password: {CANARY}",
    "password in JSON": f'{{"password": "{CANARY}", "user": "ann"}}',
    "password in Python": f"{{'password': '{CANARY}'}}",
    "password with spaces": f'db_password = "{CANARY} and more {CANARY}"',
    "environment variable": f"POSTGRES_PASSWORD={CANARY}",
    "passphrase": f"passphrase={CANARY}",
    "client secret": f"client_secret={CANARY}",
    "AWS secret key": f"AWS_SECRET_ACCESS_KEY={CANARY}/K7MDENG+bPx",
    "AWS key id": "aws AKIAIOSFODNN7EXAMPLE here",
    "AWS session key id": "aws ASIAIOSFODNN7EXAMPLE here",
    "api key header": f"X-Api-Key: {CANARY}",
    "api key in a URL": f"GET /v1?api_key={CANARY}&page=2",
    "token in a URL": f"https://h/hook?token={CANARY}#x",
    "bearer header": f"Authorization: Bearer {CANARY}",
    "bearer in a log": f"sent bearer {CANARY} to h",
    "basic header": f"authorization: Basic {CANARY}==",
    "header in JSON": f'{{"Authorization": "Bearer {CANARY}"}}',
    "JSON web token": f"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{CANARY}",
    "URL with a password": f"postgresql://ann:{CANARY}@db:5432/shop",
    "URL with a password only": f"redis://:{CANARY}@cache:6379/0",
    "GitHub token": f"ghp_{CANARY}{CANARY}",
    "GitLab token": f"glpat-{CANARY}",
    "Slack token": f"xoxb-123456789012-{CANARY}",
    "Stripe key": f"sk_live_{CANARY}",
    "RSA private key": KEY.format(kind="RSA PRIVATE KEY", canary=CANARY),
    "private key": KEY.format(kind="PRIVATE KEY", canary=CANARY),
    "OpenSSH private key": KEY.format(kind="OPENSSH PRIVATE KEY", canary=CANARY),
    "credential": f"smtp_credentials: {CANARY}",
    "GitHub fine-grained token": f"github_pat_11AAAAAAA0{CANARY}_{CANARY}",
    "npm token": f"npm_{CANARY}aaaaaaaaaaaaaaaa",
    "Google API key": f"AIza{CANARY}abcdefghijklmno",
    "SendGrid key": f"SG.{CANARY}22.{CANARY}{CANARY}abc",
    "Telegram bot token": f"bot 123456789:AAHdqTcvCH1vG{CANARY}ab",
    "Slack webhook": f"https://hooks.slack.com/services/T00000000/B00000000/{CANARY}abcd",
    "Azure account key": f"AccountName=a;AccountKey={CANARY}==;",
    "Hugging Face token": f"hf_{CANARY}abcdefghijklmn",
    "session cookie": f"Set-Cookie: session={CANARY}; Path=/",
    "pwd": f"Server=db;Uid=sa;Pwd={CANARY};",
    "PASS": f"DB_PASS={CANARY}",
    "other key": f"ENCRYPTION_KEY={CANARY}",
    "command line": f"mysql --password {CANARY} shop",
    "another scheme": f"Authorization: token {CANARY}",
    "PGP private key": KEY.format(kind="PGP PRIVATE KEY BLOCK", canary=CANARY),
    "private key without its end": KEY.format(kind="PRIVATE KEY", canary=CANARY)[:-20],
    "password with @": f"https://ann:x@{CANARY}@host/",
    "quoted password without its end": f'password="{CANARY} ',
    "long password": f"password={'x' * 600}{CANARY}",
    "URL-encoded": f"q=password%3D{CANARY}",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in KNOWN.items()])
def test_secrets_do_not_stay(text: str) -> None:
    cleaned = redact(f"at 12:00 in front: {text}")
    assert CANARY not in cleaned
    assert "EXAMPLE" not in cleaned
    assert "x@Z" not in cleaned
    assert MASK in cleaned
    assert cleaned.startswith("at 12:00 in front: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "front exited with code 137 (OOMKilled)",
        "GET http://front:8080/health?page=2 -> 502 in 0.031 s",
        'container_memory_working_set_bytes{name="front"} 1.34e+08',
        "2026-01-05T12:00:00.123Z ERROR [main] java.lang.OutOfMemoryError: Java heap space",
        "image sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "commit 23ddf2e by ann@example.org: raise the limit",
        "tokens used: 5, the token bucket is full",
        "password authentication failed for user ann",
        "no password supplied",
        "postgresql://db:5432/shop refused the connection",
        "Antwort: \u00fc\u20ac\U0001f4a5",
        "c0ffee01-1234-4abc-8def-0123456789ab",
        HEX,
    ],
)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_what_stands_around_a_secret_stays() -> None:
    assert redact(f"a=1 password={CANARY}, b=2") == f"a=1 password={MASK}, b=2"
    assert redact(f"https://ann:{CANARY}@h:1/x?y=1") == f"https://{MASK}@h:1/x?y=1"


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in KNOWN.items() if "Cookie" not in text])
def test_twice_is_as_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_a_cookie_twice_is_as_once() -> None:
    once = redact(KNOWN["session cookie"])
    assert redact(once) == once


@given(st.text(alphabet="pasword:=\"' \n;,&[]{}", max_size=40))
def test_the_same_text_always_gives_the_same(text: str) -> None:
    assert redact(text) == redact(text)


@contextmanager
def bounded_processor_time() -> Iterator[None]:
    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError("the pattern does not come to an end")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, PROCESSOR_SECONDS_MAX)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "=",
        "token=",
        'token="',
        "bearer ",
        "a://",
        "https://a:",
        "authorization: ",
        "authorization:x ",
        "cookie:",
        "-----BEGIN PRIVATE KEY-----",
        "SG.",
        "AIza",
        "1234567:",
        " --token ",
        "token%3d",
        "password authorization:\t\t\t\t\t\t\t\t",
        "eyJ",
        "\n",
        "a.",
        "a-",
        "-eyJ",
        "password",
    ],
)
def test_time_grows_with_length_only(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    with bounded_processor_time():
        redact(text)


@pytest.mark.parametrize("filler", [" ", "\t", "a", ".", "-", "0"])
@pytest.mark.parametrize("start", ["authorization:", "cookie:", "token=", " --token ", "SG.", "1234567:", "http://a:"])
def test_time_grows_with_length_only_after_a_start(start: str, filler: str) -> None:
    with bounded_processor_time():
        redact(start + filler * 20_000)


@pytest.mark.parametrize("value", [CANARY, f'"{CANARY}"', "a" * 400])
def test_a_value_under_the_name_of_a_secret_goes_whole(value: str) -> None:
    assert redact_values({"db_password": value}) == {"db_password": MASK}


@pytest.mark.parametrize("end", [" two", ",two", ";two", "&two", "}two", "'two", "]two", "\ntwo", "x" * 600], ids=repr)
def test_a_value_of_several_words_under_the_name_of_a_secret_goes_whole(end: str) -> None:
    assert CANARY not in redact_values({"password": CANARY + end})["password"]


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Set-Cookie"])
def test_a_value_under_the_name_of_a_header_goes_whole(name: str) -> None:
    assert redact_values({name: f"Basic {CANARY}"}) == {name: MASK}


def test_other_values_are_redacted_each_for_itself() -> None:
    values = {"summary": f"it said password={CANARY} to ann", "name": "front", "empty": "", "password": ""}
    cleaned = redact_values(values)
    assert CANARY not in cleaned["summary"]
    assert cleaned["summary"].startswith("it said")
    assert cleaned["name"] == "front"
    assert cleaned["empty"] == cleaned["password"] == ""
    assert list(cleaned) == list(values)


def test_json_stays_json_and_loses_only_its_secrets() -> None:
    pod = {
        "imagePullSecrets": [{"name": "registry"}],
        "automountServiceAccountToken": False,
        "volumes": [{"projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3607}}]}}],
        "args": [f"--password={CANARY}", "--port=80"],
        "db": {
            "password": CANARY,
            "pin_token": 12345,
            f"token={CANARY}": 1,
            "url": f"postgresql://ann:{CANARY}@db/shop",
        },
    }
    text = redact_json(json.dumps(pod))
    told = json.loads(text)
    assert CANARY not in text
    assert {key: told[key] for key in pod if key not in {"args", "db"}} == {
        key: pod[key] for key in pod if key not in {"args", "db"}
    }
    assert told["args"][1] == "--port=80"
    assert (told["db"]["password"], told["db"]["pin_token"]) == (MASK, MASK)


@pytest.mark.parametrize("text", ['{"a": "b"}', "", "plain", "[1, 2,   3]"])
def test_json_without_secrets_is_left_as_it_is(text: str) -> None:
    assert redact_json(text) == text


def test_what_only_looks_like_json_is_redacted_as_text() -> None:
    assert CANARY not in redact_json(f'{{"password": "{CANARY}"')
    assert CANARY not in redact_json("[" * 20_000 + f"password={CANARY}")


def test_the_line_that_grants_rights_to_a_token_keeps_its_id() -> None:
    line = "on a node run: pveum acl modify / --tokens 'on@pve!call' --roles PVEAuditor"
    assert redact(line) == line
    assert CANARY not in redact(f"tool --tokens '{CANARY}' --roles x --tokens {CANARY}")


def test_json_inside_json_loses_its_secrets_too() -> None:
    assert redact(json.dumps({"log": json.dumps({"password": f"{CANARY} x", "a": 1})})) == (
        '{"log": "{\\"password\\": [redacted], \\"a\\": 1}"}'
    )
