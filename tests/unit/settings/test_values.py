from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lamplighter.settings.values import Amount, DnsServer, Duration, Limit, Rate, Wait, WebUrl, duration_seconds

DURATION: TypeAdapter[float] = TypeAdapter(Duration)
WAIT: TypeAdapter[float] = TypeAdapter(Wait)
LIMIT: TypeAdapter[Rate] = TypeAdapter(Limit)
AMOUNT: TypeAdapter[float] = TypeAdapter(Amount)
URL: TypeAdapter[str] = TypeAdapter(WebUrl)
INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h", 3600),
        ("1d", 86400),
        ("500ms", 0.5),
        ("1.5h", 5400),
        ("30", 30),
        (30, 30),
        (0.25, 0.25),
        (" 30 s ", 30),
        ("366d", 366 * 86400),
    ],
)
def test_durations(value: object, seconds: float) -> None:
    assert duration_seconds(value) == seconds
    assert DURATION.validate_python(value) == seconds


NO_DURATIONS: list[object] = [
    -1, "-1s", "", " ", "s", "5O", "5 minutes", "1h30m", "inf", INF, "nan", NAN, None, True, False, [], {}, "5M",
    "1e3s",     "0x10", "1_0s", "5s\x00", "367d", 10**20, 1e300,
]  # fmt: skip


@pytest.mark.parametrize("value", NO_DURATIONS, ids=repr)
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        DURATION.validate_python(value)
    with pytest.raises(ValidationError):
        WAIT.validate_python(value)


@pytest.mark.parametrize("value", ["\u0663s", "\uff13s", "\u09e9"])
def test_digits_are_those_of_ascii(value: str) -> None:
    with pytest.raises(ValidationError):
        DURATION.validate_python(value)


@pytest.mark.parametrize("value", [0, "0", "0s", 0.0])
def test_a_wait_may_be_nothing_and_a_duration_may_not(value: object) -> None:
    assert WAIT.validate_python(value) == 0
    with pytest.raises(ValidationError, match="longer than nothing"):
        DURATION.validate_python(value)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=8), st.floats(), st.integers(), st.none(), st.booleans()))
def test_a_duration_is_positive_and_finite_or_refused(value: object) -> None:
    try:
        seconds = DURATION.validate_python(value)
    except ValidationError:
        return
    assert 0 < seconds <= 366 * 86400


@pytest.mark.parametrize(
    ("value", "rate"),
    [("3/1h", Rate(3, 3600)), (" 10 / 30m", Rate(10, 1800)), ("1/1s", Rate(1, 1)), ("2/60", Rate(2, 60))],
)
def test_limits(value: str, rate: Rate) -> None:
    assert LIMIT.validate_python(value) == rate
    assert LIMIT.validate_python(str(rate)) == rate


NO_LIMITS: list[object] = [
    0, -1, 3, INF, NAN, None, True, "", "0", "-1", "inf", "5O", "0/1h", "-1/1h", "inf/1h", "5O/1h", "3/0s", "3/-1h",
    "3/", "/1h", "3/inf", "3/5O", "1.5/1h", "3/1h/1h", "3/500ms", "\u0663/1h", "1e3/1h", [],
    {"count": 3, "seconds": 1},
]  # fmt: skip


@pytest.mark.parametrize("value", NO_LIMITS, ids=repr)
def test_what_is_no_limit_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        LIMIT.validate_python(value)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("10%", 10), ("10", 10), (10, 10), (0.5, 0.5), ("99.9%", 99.9), ("50GB", 50e9), ("2 GiB", 2 * 1024**3),
        ("-5", -5), ("1e3", 1000), ("512B", 512), ("1KiB", 1024), ("1kB", 1000),
    ],
)  # fmt: skip
def test_amounts(value: object, amount: float) -> None:
    assert AMOUNT.validate_python(value) == amount


@pytest.mark.parametrize(
    "value", ["inf", INF, NAN, None, True, "", "%", "1O%", "10%%", "1gb", "GB", "\u0663", [], "1e999"], ids=repr
)
def test_what_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        AMOUNT.validate_python(value)


@pytest.mark.parametrize("server", ["192.168.1.2", "192.168.1.2:53", "fd00::1", "[fd00::1]:53"])
def test_resolvers(server: str) -> None:
    assert TypeAdapter(DnsServer).validate_python(server) == server


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("http://front:8080/health", "http://front:8080/health"),
        ("https://ops.home.lan/", "https://ops.home.lan"),
        ("http://[::1]:9090", "http://[::1]:9090"),
    ],
)
def test_urls(value: str, url: str) -> None:
    assert URL.validate_python(value) == url


NO_URLS: list[object] = [
    "front:8080", "front", "", "//front", "http://", "http:///x", "ftp://front", "file:///etc/passwd",
    "javascript:alert(1)",     "unix:///x", "http://[::1", None, 8080, True,
]  # fmt: skip


@pytest.mark.parametrize("value", NO_URLS, ids=repr)
def test_what_is_no_url_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        URL.validate_python(value)


def test_a_refusal_does_not_tell_the_password() -> None:
    with pytest.raises(ValidationError) as problem:
        URL.validate_python("htps://ann:hunter2@front")
    assert "hunter2" not in problem.value.errors(include_input=False)[0]["msg"]
