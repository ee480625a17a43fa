"""What a silence matches, how people write one, and what makes one acceptable. Who keeps silences is not known here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from lamplighter.domain.expression import BadExpression, escaped, expression
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.domain.texts import kept_text, shown

COMPONENT = "component"
ALERT_NAME = "alertname"
LENGTH_MAX = timedelta(days=30)
AHEAD_MAX = timedelta(days=366)
MATCHERS_MAX = 20
EXPRESSION_CHARS_MAX = 200
VALUE_CHARS_MAX = 1_000
AUTHOR_BYTES_MAX = 100
REASON_BYTES_MAX = 500
REMIND_AFTER = timedelta(days=3)

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,127}"
_MATCHER = re.compile(rf"\s*({_NAME})\s*(=~|!~|!=|=)\s*(\"(?:[^\"\\]|\\.)*\"|[^\"]*?)\s*", re.DOTALL)
_BARE = re.compile(r"[^\s=!~{}\",]{1,200}")
_LENGTH = re.compile(r"(\d{1,6})\s*([mhd])")
_CLOCK = re.compile(r"(?:until )?(\d{1,2}):(\d\d)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_NEGATIVE = {Op.UNEQUAL, Op.DIFFERS}
_EXPRESSIONS = {Op.MATCHES, Op.DIFFERS}


class BadSilence(ValueError):
    """A silence, or words for one, that cannot be taken; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Dated(Silence):
    """A silence as another system has it now. `changed_at` (UTC) is when it was last changed there, where it says so.

    One that we once put there carries our id; otherwise `id` is empty. One whose end has passed was ended there.
    """

    changed_at: datetime | None = None


def mutes(silence: Silence, labels: Mapping[str, str], now: datetime) -> bool:
    """Whether it mutes an alert with these labels, of which `component` is one, at `now`."""
    active = silence.starts_at <= now < silence.ends_at
    return active and bool(silence.matchers) and all(holds(one, labels) for one in silence.matchers)


def holds(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """Whether one matcher holds. An expression of another system that we cannot read never does."""
    value = labels.get(matcher.name, "")
    if matcher.op not in _EXPRESSIONS:
        return (value == matcher.value) is (matcher.op is Op.EQUAL)
    try:
        found = expression(matcher.value).matches(value)
    except BadExpression:
        return False
    return found is (matcher.op is Op.MATCHES)


def parse_matcher(text: str) -> Matcher:
    """`alertname=Down`, `severity=~"a|b"`, `job!="x"`, `pod!~"y.*"`; a bare `jellyfin` or `web-*` is a component.

    Raises `BadSilence`.
    """
    if len(text) > VALUE_CHARS_MAX:
        raise BadSilence(f"a matcher is longer than {VALUE_CHARS_MAX} characters")
    if _BARE.fullmatch(text.strip()):
        return _bare(text.strip())
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise BadSilence(f'"{text[:60]}" is no matcher; write jellyfin, alertname=Down or severity=~"a|b"')
    matcher = Matcher(found[1], Op(found[2]), _unquoted(found[3]))
    check_matcher(matcher)
    return matcher


def parse_matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    """Each text is one matcher, or several in Alertmanager's form `{a="b",c=~"d"}`. Raises `BadSilence`."""
    return tuple(parse_matcher(part) for text in texts for part in _split(text))


def matchers_of(labels: Mapping[str, str]) -> tuple[Matcher, ...]:
    """What fits an alert with these labels, and as little else as can be said.

    Raises `BadSilence` where its name cannot be matched: the rest alone, such as a severity, could mute anything.
    """
    named = Matcher(ALERT_NAME, Op.EQUAL, labels.get(ALERT_NAME, ""))
    if not named.value:
        raise BadSilence("the alert has no name by which it could be silenced")
    check_matcher(named)
    found = [named]
    for name in sorted(labels.keys() - {ALERT_NAME}):
        matcher = Matcher(name, Op.EQUAL, labels[name])
        try:
            check_matcher(matcher)
        except BadSilence:
            continue
        found += [matcher] if matcher.value else []
    return tuple(found[:MATCHERS_MAX])


def check_matcher(matcher: Matcher) -> None:
    """Raises `BadSilence` for a name or value that no label has, or an expression that is wrong or would be slow."""
    if not re.fullmatch(_NAME, matcher.name):
        raise BadSilence(f'"{shown(matcher.name[:60])}" is no name of a label')
    if len(matcher.value) > VALUE_CHARS_MAX:
        raise BadSilence(f"{matcher.name}: the value is longer than {VALUE_CHARS_MAX} characters")
    if shown(matcher.value) != matcher.value:
        raise BadSilence(f"{matcher.name}: the value holds characters that cannot be shown, which no label keeps")
    if matcher.op not in _EXPRESSIONS:
        return
    if len(matcher.value) > EXPRESSION_CHARS_MAX:
        raise BadSilence(f"{matcher.name}: the expression is longer than {EXPRESSION_CHARS_MAX} characters")
    try:
        nested = expression(matcher.value).nested
    except BadExpression as problem:
        raise BadSilence(f"{matcher.name}: {problem}") from problem
    if nested:
        raise BadSilence(f'{matcher.name}: "{matcher.value}" repeats a repeat without end; write the inner one once')


def checked(silence: Silence, now: datetime) -> Silence:
    """The silence with its words made safe to keep. Raises `BadSilence` where it must not be made."""
    if not 1 <= len(silence.matchers) <= MATCHERS_MAX:
        raise BadSilence(f"a silence has 1 to {MATCHERS_MAX} matchers")
    for matcher in silence.matchers:
        check_matcher(matcher)
    if all(holds(matcher, {}) for matcher in silence.matchers):
        raise BadSilence("it would match alerts that have none of its labels; name at least one thing that must be so")
    if silence.ends_at <= max(silence.starts_at, now):
        raise BadSilence("it ends before it begins, or has ended already")
    if silence.ends_at - max(silence.starts_at, now) > LENGTH_MAX:
        raise BadSilence(
            f"every silence ends within {LENGTH_MAX.days} days; for planned work, use a maintenance window"
        )
    if silence.starts_at - now > AHEAD_MAX:
        raise BadSilence("it begins more than a year from now")
    author, reason = (" ".join(words.split()) for words in (silence.author, silence.reason))
    if not author or not reason:
        raise BadSilence("a silence says who made it, and why")
    author, reason = kept_text(author, AUTHOR_BYTES_MAX), kept_text(reason, REASON_BYTES_MAX)
    return Silence(
        silence.id,
        silence.matchers,
        silence.starts_at,
        silence.ends_at,
        author,
        reason,
        silence.origin,
        silence.outside_id,
    )


def parse_end(text: str, now: datetime, timezone: str = "UTC") -> datetime:
    """`30m`, `2h`, `7d`, or `until 8:00` by the wall clock of the zone; in UTC. Raises `BadSilence`."""
    words = text.strip().lower()
    if found := _LENGTH.fullmatch(words):
        length = int(found[1]) * _UNITS[found[2]]
        if timedelta(0) < length <= LENGTH_MAX:
            return now + length
        raise BadSilence(f'"{text[:40]}": a silence lasts from one minute to {LENGTH_MAX.days} days')
    if (found := _CLOCK.fullmatch(words)) and int(found[1]) < 24 and int(found[2]) < 60:  # noqa: PLR2004 - of a clock
        return _next_clock(time(int(found[1]), int(found[2])), now, timezone)
    raise BadSilence(f'"{text[:40]}" is no end; write how long, such as "2h", or "until 8:00"')


def clock_words(at: datetime, now: datetime, timezone: str = "UTC") -> str:
    """A moment as people of this zone say it: the time alone where it is within a day, otherwise with the date."""
    local = at.astimezone(ZoneInfo(timezone))
    near = timedelta(0) <= at - now < timedelta(hours=20)
    return f"{local:%H:%M %Z}" if near else f"{local:%Y-%m-%d %H:%M %Z}"


def words_of(silence: Silence, now: datetime, timezone: str = "UTC") -> str:
    """Such as `silenced until 04:00 UTC by alice: moving disks`."""
    where = "" if silence.origin == "lamplighter" else f" in {silence.origin}"
    why = f": {silence.reason}" if silence.reason else ""
    return f"silenced{where} until {clock_words(silence.ends_at, now, timezone)} by {silence.author or 'nobody'}{why}"


def matcher_words(matchers: Sequence[Matcher]) -> str:
    """The matchers as they can be written again."""
    return ", ".join(f"{one.name}{one.op}{_quoted(one.value)}" for one in matchers)


def reminders(silences: Sequence[Silence], now: datetime, after: timedelta = REMIND_AFTER) -> tuple[Silence, ...]:
    """The silences that have been active for so long that somebody should look at them again, the oldest first."""
    old = (one for one in silences if one.ends_at > now and now - one.starts_at >= after)
    return tuple(sorted(old, key=lambda one: one.starts_at))


def _next_clock(at: time, now: datetime, timezone: str) -> datetime:
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    ends = (datetime.combine(today + timedelta(days=days), at, zone).astimezone(now.tzinfo) for days in range(3))
    return next(end for end in ends if end > now)


def _bare(text: str) -> Matcher:
    if "*" not in text:
        return Matcher(COMPONENT, Op.EQUAL, text)
    matcher = Matcher(COMPONENT, Op.MATCHES, ".*".join(escaped(part) for part in re.split(r"\*+", text)))
    check_matcher(matcher)
    return matcher


def _split(text: str) -> tuple[str, ...]:
    """The matchers of one text: cut at commas outside quotation marks where it stands in braces."""
    if len(text) > MATCHERS_MAX * VALUE_CHARS_MAX:
        raise BadSilence(f"the matchers are longer than {MATCHERS_MAX * VALUE_CHARS_MAX} characters")
    inside = text.strip()
    if not (inside.startswith("{") and inside.endswith("}")):
        return (text,)
    parts = re.findall(r"(?:[^,\"]|\"(?:[^\"\\]|\\.)*\"?)+", inside[1:-1], re.DOTALL)
    return tuple(part for part in parts if part.strip())


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", lambda found: found[1] if found[1] in '"\\' else found[0], text[1:-1], flags=re.DOTALL)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
