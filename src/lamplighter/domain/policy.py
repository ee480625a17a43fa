"""Who may do what without asking: modes, sentences, labels, budgets and gates, judged in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.topology import Component

ALLOW_LABEL = "lamplighter.allow"
DENY_LABEL = "lamplighter.deny"
HEALTHY_SHARE_MIN = 0.51
GROUP_SIZE_MIN = 3
COOL_DOWN_MAX = timedelta(minutes=5)
COOL_DOWN_RESET = timedelta(minutes=10)
DOUBLINGS_MAX = 10
IMAGE_LABEL = "lamplighter.image"
ID_DIGITS = 12
_RESERVED = frozenset({"on", "where"})

GRANTS: dict[str, frozenset[Verb]] = {
    "restart": frozenset({Verb.RESTART, Verb.START}),
    "start": frozenset({Verb.START}),
    "limits": frozenset({Verb.SET_MEMORY_LIMIT}),
    "*": frozenset(Verb),
}
# Words that only forbid: a restart stops too; nothing here deletes, but the sentence shall be allowed to say so.
DENIED_ONLY: dict[str, frozenset[Verb]] = {"stop": frozenset({Verb.RESTART}), "delete": frozenset()}


class Mode(StrEnum):
    """How much may be done alone."""

    WATCH = "watch"
    ASK = "ask"
    AUTO = "auto"


class Ruling(StrEnum):
    """What a verdict comes to."""

    ALLOWED = "allowed"
    NEEDS_APPROVAL = "needs_approval"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line of `autonomy.auto` or `autonomy.never`, parsed: a verb, a kind, and where."""

    text: str
    verb: str
    kind: str = "*"
    by: str = ""
    value: str = "*"

    def covers(self, action: Action, part: Component) -> bool:
        """Whether the sentence speaks of this action on this component."""
        if action.verb not in {**GRANTS, **DENIED_ONLY}.get(self.verb, frozenset()):
            return False
        if self.kind not in ("*", part.kind):
            return False
        return self._where(part)

    def _where(self, part: Component) -> bool:
        if self.by == "label":
            key, _, wanted = self.value.partition("=")
            have = part.labels.get(key)
            if have is None or "=" not in self.value:
                return have is not None
            return wanted == have or (bool(wanted) and wanted in _words(have))
        if self.by == "tag":
            return self.value in _words(part.labels.get("tags", ""))
        if self.by == "host":
            return any(fnmatchcase(name, self.value) for name in (part.labels.get("host", ""), *part.names))
        return any(fnmatchcase(name, self.value) for name in part.names)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often is too often: so many actions per target and verb, and in all, in so many seconds each."""

    per_target: int = 3
    per_target_seconds: int = 3600
    total: int = 10
    total_seconds: int = 3600
    between_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration says."""

    mode: Mode = Mode.ASK
    auto: tuple[Sentence, ...] = ()
    never: tuple[Sentence, ...] = ()
    limits: Limits = field(default_factory=Limits)
    protected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier attempt, as far as the rules care."""

    target_id: str
    verb: str
    at: datetime
    incident_id: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What has happened and what holds now: earlier attempts, frozen targets, the switch, the targets' components."""

    now: datetime
    past: tuple[Past, ...] = ()
    frozen: frozenset[str] = frozenset()
    paused: str = ""
    components: tuple[Component, ...] = ()
    open_actions: frozenset[str] = frozenset()

    def component(self, target: Target) -> Component | None:
        """The component that a target is pinned to, as last seen."""
        return next((p for p in self.components if (p.system, p.id) == (target.system, target.id)), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed, needs approval, or refused; with the reason, and how long to wait before acting."""

    ruling: Ruling
    reason: str
    risky: bool = False
    wait_seconds: float = 0.0


class BadSentence(ValueError):
    """A sentence that is not of the grammar; the message says what is."""


def parse_sentence(text: str, *, never: bool = False) -> Sentence:
    """Read `VERB KIND where label KEY[=VALUE] | tag TAG | name GLOB`, `VERB KIND NAME`, `VERB on HOST`, `VERB *`."""
    words = text.split()
    known = set(GRANTS) | (set(DENIED_ONLY) if never else set())
    if len(words) < 2 or words[0] not in known:  # noqa: PLR2004 - a sentence has at least a verb and an object
        msg = f'"{text}": a sentence starts with one of {", ".join(sorted(known))}, then says what on'
        raise BadSentence(msg)
    verb, rest = words[0], words[1:]
    match rest:
        case ["on", host] if host not in _RESERVED:
            return Sentence(text, verb, "*", "host", host)
        case ["*"]:
            return Sentence(text, verb)
        case [kind, "where", ("label" | "tag" | "name") as by, value] if kind not in _RESERVED:
            return Sentence(text, verb, kind, by, value)
        case [kind, name] if not {kind, name} & _RESERVED:
            return Sentence(text, verb, kind, "name", name)
    msg = (
        f'"{text}": after the verb write KIND where label KEY=VALUE, KIND where name GLOB, KIND NAME, "on HOST" or "*"'
    )
    raise BadSentence(msg)


def judge(plan: Plan, rules: Rules, record: Record) -> Verdict:
    """Whether the plan may run alone, after a yes, or not at all. Every action is judged; the strictest wins."""
    if not plan.actions:
        return Verdict(Ruling.REFUSED, plan.advice or "there is nothing to do")
    if record.paused:
        return Verdict(Ruling.REFUSED, f"paused: {record.paused}")
    if rules.mode is Mode.WATCH:
        return Verdict(Ruling.REFUSED, "mode is watch: I only look")
    asks: list[str] = []
    for action in plan.actions:
        refusal = _refusal(action, rules, record)
        if refusal:
            return Verdict(Ruling.REFUSED, refusal)
        part = record.component(action.target)
        if part is not None and not _granted(action, part, rules):
            asks.append(action.words)
    crowded = _repeats(plan, rules.limits, record)
    if crowded:
        return Verdict(Ruling.REFUSED, crowded)
    if len(plan.actions) + len(_recent(record, rules.limits.total_seconds)) > rules.limits.total:
        limit = f"{rules.limits.total} actions in {rules.limits.total_seconds} s"
        return Verdict(Ruling.REFUSED, f"the budget of {limit} is spent")
    wait = max(_cool_down(action, rules.limits, record) for action in plan.actions)
    if asks:
        return Verdict(
            Ruling.NEEDS_APPROVAL,
            f"mode {rules.mode}: nothing allows me to {' or '.join(asks)} alone",
            wait_seconds=wait,
        )
    return Verdict(Ruling.ALLOWED, f"mode {rules.mode}: {_grant_words(plan, rules, record)}", wait_seconds=wait)


def _refusal(action: Action, rules: Rules, record: Record) -> str:
    part = record.component(action.target)
    if part is None:
        return f"{action.target.name} ({action.target.id[:12]}) is not there any more"
    checks = (
        forbidden(action, part, rules),
        f"{part.name} is frozen after a failed fix; a person must look" if part.id in record.frozen else "",
        f"an action on {part.name} is still open" if part.id in record.open_actions else "",
        _crowd(part, record),
        _mass_failure(part, record),
    )
    return next((reason for reason in checks if reason), "")


def forbidden(action: Action, part: Component, rules: Rules) -> str:
    """Why the rules, a label or its own nature forbid this action on this component for good; empty if nothing does."""
    for sentence in rules.never:
        if sentence.covers(action, part):
            return f'never: "{sentence.text}"'
    # A word that is not known forbids everything: the owner meant to forbid something.
    denied = _words(part.labels.get(DENY_LABEL, ""))
    if any(action.verb in GRANTS.get(word, frozenset(Verb)) for word in denied):
        return f"label {DENY_LABEL} on {part.name} forbids it"
    if _is_protected(part, rules.protected):
        return f"{part.name} is part of me or of the monitoring that verifies me"
    return ""


def _is_protected(part: Component, protected: frozenset[str]) -> bool:
    """By name, by a word in its name or image, or by the short form of its id, as a container knows itself."""
    image = part.labels.get(IMAGE_LABEL, "").rpartition("/")[2]
    words = tuple(word for word in protected if word)
    if any(word in name for word in words for name in (image, *part.names)):
        return True
    return any(word == part.id or (len(word) >= ID_DIGITS and part.id.startswith(word)) for word in words)


def _repeats(plan: Plan, limits: Limits, record: Record) -> str:
    """Why the plan is too much for one of its targets, counting what was tried before and what it repeats itself."""
    for action in plan.actions:
        tried = sum(1 for past in _recent(record, limits.per_target_seconds) if _same(past, action))
        wanted = sum(1 for other in plan.actions if (other.target.id, other.verb) == (action.target.id, action.verb))
        if tried + wanted > limits.per_target:
            return f"{action.words}: already tried {tried} times in {limits.per_target_seconds} s, which is the limit"
    return ""


def _same(past: Past, action: Action) -> bool:
    return (past.target_id, past.verb) == (action.target.id, str(action.verb))


def _crowd(part: Component, record: Record) -> str:
    """One action at a time in a group, or one tenth of it where it is large."""
    group = [other for other in record.components if other.group and _group(other) == _group(part)]
    busy = [other.name for other in group if other.id in record.open_actions]
    if busy and len(busy) >= max(1, len(group) // 10):
        return f"an action on {busy[0]}, of the same group {part.group}, is still open"
    return ""


def _group(part: Component) -> tuple[str, str]:
    return part.system, part.group


def _mass_failure(part: Component, record: Record) -> str:
    group = [other for other in record.components if other.system == part.system and other.group == part.group]
    running = sum(1 for other in group if other.running)
    if len(group) >= GROUP_SIZE_MIN and running < HEALTHY_SHARE_MIN * len(group):
        return f"mass failure: only {running} of {len(group)} in the group of {part.name} run; a person must look first"
    return ""


def _granted(action: Action, part: Component, rules: Rules) -> bool:
    return bool(_grant(action, part, rules))


def _grant(action: Action, part: Component, rules: Rules) -> str:
    for sentence in rules.auto:
        if sentence.covers(action, part):
            return f'"{sentence.text}"'
    if rules.mode is Mode.AUTO:
        for word in _words(part.labels.get(ALLOW_LABEL, "")):
            if action.verb in GRANTS.get(word, frozenset()):
                return f"label {ALLOW_LABEL}={word} on {part.name}"
    return ""


def _grant_words(plan: Plan, rules: Rules, record: Record) -> str:
    parts = ((action, record.component(action.target)) for action in plan.actions)
    return " and ".join(dict.fromkeys(_grant(action, part, rules) for action, part in parts if part is not None))


def _recent(record: Record, seconds: int) -> tuple[Past, ...]:
    return tuple(p for p in record.past if record.now - p.at <= timedelta(seconds=seconds))


def _cool_down(action: Action, limits: Limits, record: Record) -> float:
    """Seconds to wait so that repeats on one target come ever more slowly, up to five minutes apart."""
    same = [min(past.at, record.now) for past in record.past if _same(past, action)]
    lately = [at for at in same if record.now - at <= COOL_DOWN_RESET]
    if not lately or not limits.between_seconds:
        return 0.0
    doublings = min(len(lately) - 1, DOUBLINGS_MAX)
    pause = min(timedelta(seconds=limits.between_seconds * 2**doublings), COOL_DOWN_MAX)
    return max(0.0, (max(lately) + pause - record.now).total_seconds())


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)
