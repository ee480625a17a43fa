"""What lines of a log are known to mean, as data. A sign speaks of the log's own component, and of no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from lamplighter.diagnosis.anchors import Anchored, anchored
from lamplighter.diagnosis.readers.draft import Values, known, shown
from lamplighter.diagnosis.readers.misconfiguration import config_values
from lamplighter.diagnosis.readers.signs_databases import DATABASE_SIGNS
from lamplighter.diagnosis.readers.signs_network import NETWORK_SIGNS
from lamplighter.diagnosis.readers.signs_work import WORK_SIGNS

Extract = Callable[[str, str], Values | None]
_VAGUENESS = {"config_error": 1, "connection_refused": 2, "workers_wait": 2, "crash_report": 3, "dependency_wait": 3}
_UNITS = {"b": 1, "byte": 1, "bytes": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 1000, "mb": 10**6, "gb": 10**9}
_SIZE = r"(\d{1,15}(?:\.\d{1,6})?)\s?(bytes|byte|[KMG]i?B|B)\b"
_GUARD = re.compile(r"(?i)memory guard: ([\w.:@/-]{1,128}) killed")
_USED = re.compile(rf"(?i)\bit used {_SIZE}")
_LIMIT = re.compile(rf"(?i)\blimit (?:is|of|was) {_SIZE}")
_NEW_LIMIT = re.compile(rf"(?i)\bmemory guard: limit of ([\w.:@/-]{{1,128}}) is now {_SIZE}")
_QUOTED_PATH = re.compile(r"(/[\w.@+-]{1,100}(?:/[\w.@+-]{1,100}){0,20})")
_VARIABLE = re.compile(r"\b([A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,8})\b|KeyError: '([A-Za-z_]\w{0,60})'")
_PORT = re.compile(r"(?::|\bport\s{1,3}|', )(\d{2,5})\b")


@dataclass(frozen=True)
class LogSign:
    """A known line, by the text of its pattern.

    `extract(line, component)` reads values out of it; None says that the line is not about us.

    Of the signs in one line only the least vague ones count: what a file error says is not also a wrong configuration.
    """

    name: str
    text: str
    extract: Extract | None = None
    vagueness: int = 0

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when it is first asked for: all of them take longer than most commands."""
        return re.compile(self.text)


def size_bytes(found: re.Match[str] | None, first: int = 1) -> float | None:
    """The bytes in a matched size such as 64 MiB, whose number is group `first`."""
    return float(found[first]) * _UNITS[found[first + 1].lower()] if found else None


def speaks_as_guard(line: str) -> bool:
    """Whether a line claims to be the memory guard's; it counts only where the guard itself wrote it."""
    return "memory guard:" in line.lower()


def new_limit(line: str, component: str) -> float | None:
    """The memory limit in bytes that a guard's line announces for this very component."""
    found = _NEW_LIMIT.search(line)
    return size_bytes(found, 2) if found and _is_me(found[1], component) else None


def _is_me(name: str, component: str) -> bool:
    return name == component or name.rsplit(":", maxsplit=1)[-1] == component


def _oom(line: str, component: str) -> Values | None:
    guard = _GUARD.search(line)
    if guard and not _is_me(guard[1], component):
        return None
    return known(memory_used_bytes=size_bytes(_USED.search(line)), memory_limit_bytes=size_bytes(_LIMIT.search(line)))


def _path(line: str, _component: str) -> Values:
    found = _QUOTED_PATH.search(line)
    return known(path=found[1]) if found else {}


def _variable(line: str, _component: str) -> Values:
    found = _VARIABLE.search(line)
    return known(variable=found[1] or found[2]) if found else {}


def _port(line: str, _component: str) -> Values:
    # A stamp in front looks like a port too; the one that is taken stands nearest to the words that say so.
    found = _PORT.findall(line)
    return known(port=found[-1]) if found else {}


def _config(line: str, _component: str) -> Values:
    return config_values(line)


def _sign(name: str, pattern: str, extract: Extract | None = None) -> LogSign:
    return LogSign(name, pattern, extract, _VAGUENESS.get(name, 0))


def first_sign(text: str) -> LogSign | None:
    """The least vague sign in a text."""
    return min(signs_in(text), key=lambda sign: sign.vagueness, default=None)


def signs_in(text: str) -> tuple[LogSign, ...]:
    """Every sign in a text, in the order of the table."""
    lowered = text.lower()
    return tuple(sign for sign, pattern in _anchored() if pattern.search(text, lowered))


def engine_words(text: str, component: str) -> Values:
    """What the engine itself said of a failed start: `start_error`, the sign in it, and what that names."""
    said = shown(text)
    sign = first_sign(said)
    if sign is None:
        return known(start_error=said)
    named = sign.extract(said, component) if sign.extract else None
    return {**known(start_error=said, start_error_sign=sign.name), **(named or {})}


_EXTRACTS: dict[str, Extract] = {
    "config_error": _config,
    "missing_environment_variable": _variable,
    "missing_file": _path,
    "permission_denied": _path,
    "port_conflict": _port,
}


def _more(rows: tuple[tuple[str, str, int], ...]) -> Iterator[LogSign]:
    """Rows of a table of signs, each with the way to read values out of its kind."""
    for name, pattern, vagueness in rows:
        yield LogSign(name, pattern, _EXTRACTS.get(name), vagueness)


_ROWS: tuple[LogSign, ...] = (
    _sign("oom_kill", r"(?i)memory guard: \S{1,128} killed|\bOOMKilled\b|\boom-kill|\bout of memory: kill", _oom),
    _sign(
        "out_of_memory",
        r"\bMemoryError\b|\bOutOfMemoryError\b|(?i:cannot allocate memory|std::bad_alloc|heap out of memory"
        r"|runtime: out of memory|memory allocation of \d+ bytes failed|virtual memory exhausted)",
    ),
    _sign(
        "port_conflict",
        r"(?i)address (?:is )?already in use|\bEADDRINUSE\b|port \d+ (?:is|was) already|bind.{0,80}in use"
        r"|port is already allocated",
        _port,
    ),
    _sign("disk_full", r"(?i)no space left on device|\bENOSPC\b|disk (?:is )?full|disk quota exceeded|\bEDQUOT\b"),
    _sign("read_only_file_system", r"(?i)read-only file ?system|\bEROFS\b"),
    _sign("fd_exhausted", r"(?i)too many open files|\bEMFILE\b|\bENFILE\b"),
    _sign(
        "missing_environment_variable",
        r"(?i)environment variables? .{0,80}(?:not set|missing|required|undefined|unset|empty|not defined|not found)"
        r"|(?:missing|required|undefined|unset|must set|please set|expected).{0,40}environment variable"
        r"|\bos\.environ\b.{0,80}KeyError|(?-i:KeyError: '[A-Z][A-Z0-9_]{2,60}')"
        r"|(?-i:\b[A-Z][A-Z0-9]{1,40}_[A-Z0-9_]{1,40}):? (?:is|was|must be) "
        r"(?:not set|unset|required|missing|set|undefined|empty|not defined|not specified|not provided)\b"
        r"|\b(?:must|please|need to|have to) (?:specify|set|provide|define|export|supply) (?:the |a |an |one of )?"
        r"(?-i:[\"'`$]?[A-Z][A-Z0-9]{1,40}_[A-Z0-9_]{1,40})"
        r"|\b(?:required key|required variable|required setting|required configuration|missing required|missing) "
        r"(?:env(?:ironment)? (?:var(?:iable)?s?)?:? ?)?(?-i:[\"'`$]?[A-Z][A-Z0-9]{1,40}_[A-Z0-9_]{1,40})"
        r"|(?-i:\b[A-Z][A-Z0-9]{1,40}_[A-Z0-9_]{1,40})\b[\"'`]? (?:has no value|not found in (?:the )?env)"
        r"|\benv(?: var)? .{0,60}(?:not set|missing|required)",
        _variable,
    ),
    _sign(
        "config_error",
        r"(?i)\bconfig(?:uration)?(?: file)? (?:error|problem|is invalid|parse)"
        r"|\[emerg\].{0,300} in /\S{1,200}:\d|FATAL CONFIG FILE ERROR"
        r"|\b(?:invalid|bad|illegal|unknown|unrecogni[sz]ed|unsupported|unexpected|missing|duplicate) "
        r"(?:config\w{0,10}|settings?|option|directive|parameter|keyword|key|propert(?:y|ies)|argument"
        r"|variable|value for)\b"
        r"|\b(?:error|failed|failure|unable|cannot|could not|can't) (?:to )?(?:load|pars|read|decod|bind"
        r"|unmarshal)\w{0,5} .{0,40}"
        r"(?:config|settings|properties(?! of (?:undefined|null))|yaml|toml|json|\.ini|\.conf|\.cnf)"
        r"|\b(?:yaml|toml|ini|json|config|parse|scanner|syntax|missingsectionheader|duplicateoption"
        r"|parsing)\w{0,10}error\b.{0,120}"
        r"\.(?:ini|conf|cfg|ya?ml|toml|json|cnf|properties)\b|yaml: (?:line|unmarshal|did not)"
        r"|could not find expected ':'"
        r"|parsing \[/\S{1,200}:\d+\]|Invalid(?:Configuration|PropertyValue)\w{0,20}Exception"
        r"|validation errors? for \w{0,40}(?:Settings|Config)",
        _config,
    ),
    _sign(
        "permission_denied",
        r"(?i)permission denied|\bEACCES\b|\bEPERM\b|operation not permitted|PermissionError"
        r"|access is denied|AccessDeniedException|is not executable",
        _path,
    ),
    _sign(
        "missing_file",
        r"(?i)no such file or directory|\bENOENT\b|FileNotFound(?:Error|Exception)|NoSuchFileException|file not found"
        r"|cannot find module|ModuleNotFoundError|executable file not found|can't find command",
        _path,
    ),
    _sign(
        "tls_certificate_expired",
        r"(?i)certificate (?:has |is )?expired|certificate verify failed: certificate has expired|CERT_HAS_EXPIRED"
        r"|x509: certificate has expired|NotAfter|CertificateExpiredException",
    ),
    _sign(
        "dns_failure",
        r"(?i)temporary failure in name resolution|name or service not known|could not resolve host|no such host"
        r"|getaddrinfo|\bENOTFOUND\b|\bEAI_AGAIN\b|\bNXDOMAIN\b|\bSERVFAIL\b|UnknownHostException"
        r"|nodename nor servname|host not found|no servers could be reached|name does not resolve"
        r"|couldn't resolve host",
    ),
    _sign("connection_refused", r"(?i)connection refused|\bECONNREFUSED\b|connect\(\) failed \(111"),
    _sign(
        "connection_pool_exhausted",
        r"(?i)too many clients already|too many connections|remaining connection slots"
        r"|connection pool.{0,60}(?:exhaust|full|timed? ?out|limit)"
        r"|QueuePool limit|Connection is not available, request timed out"
        r"|timeout .{0,40}connection from (?:the )?pool"
        r"|no available connections?\b.{0,80}(?:queue|pool|max)|pool (?:is )?exhausted"
        r"|max number of clients reached|(?:no|unable to (?:get|acquire"
        r"|obtain)) .{0,20}connections? .{0,20}pool",
    ),
    _sign(
        "thread_pool_exhausted",
        r"(?i)thread ?pool.{0,60}(?:exhaust|full|reject)|RejectedExecutionException|MaxRequestWorkers"
        r"|can't start new thread"
        r"|unable to create (?:new )?native thread|worker_connections are not enough|max_children setting",
    ),
    _sign(
        "workers_wait",
        r"(?i)\b(?:workers?|threads?)\b.{0,60}\b(?:wait|waits|waiting|busy|stuck|blocked|hung)\b|\bWORKER TIMEOUT\b"
        r"|blocked for more than \d+ seconds|\bdeadlock(?:ed)?\b|request queue .{0,20}full"
        r"|watchdog.{0,40}(?:stuck|hang)",
    ),
    _sign(
        "lock_contention",
        r"(?i)lock wait timeout|deadlock detected|database is locked|could not obtain lock"
        r"|canceling statement due to lock timeout"
        r"|still waiting for \w{1,30}lock|Deadlock found when trying|lock acquisition",
    ),
    _sign(
        "slow_queries",
        (
            r"(?i)(?:slow (?:query|sql|statement|command)"
            r"|duration: \d{4,15}(?:\.\d{1,9})? ms|query took \d{2,}|statement timeout"
            r"|\b(?:database|db|sql|query|queries|stored procedure|statement|select|transaction)\b.{0,60}?"
            r"\b(?:took|(?<!retry )(?<!retrying )in|after|elapsed|duration"
            r"|time)\b[ :=]{0,3}(?:[2-9]|[1-9]\d{1,4})(?:\.\d{1,6})? ?s(?:ec(?:ond)?s?)?\b|\b(?:database|db|sql"
            r"|query|statement|select)\b.{0,60}?\b(?:took|in|after|elapsed|duration"
            r"|time)\b[ :=]{0,3}\d{4,7}(?:\.\d{1,6})? ?m(?:illi)?s(?:ec(?:ond)?s?)?\b"
            r"|canceling statement due to statement timeout|max_execution_time exceeded"
            r"|maximum statement execution time exceeded|exceeded time limit)"
        ),
    ),
    _sign(
        "database_down",
        r"(?i)database system is (?:starting up|shutting down|in recovery|not yet accepting)"
        r"|the database is (?:down|unavailable)|all host(?:s|\(s\)) tried|NoHostAvailable"
        r"|no hosts? available to (?:query|connect)"
        r"|could not connect to (?:the )?(?:database|server|postgres|mysql|mongo)"
        r"|lost connection to (?:mysql|the database)"
        r"|terminating connection due to administrator command|database .{0,40}(?:connection failed|unreachable)",
    ),
    _sign(
        "replication_lag",
        r"(?i)replication (?:lag|delay)|replica .{0,40}(?:behind|lagging)|requested WAL segment .{0,60}removed",
    ),
    _sign(
        "cache_unavailable",
        r"(?i)\b(?:redis|valkey|memcached?|cache)\b.{0,80}(?:connection refused|unavailable"
        r"|unreachable|not reachable|is down|gone away"
        r"|timed? ?out|ECONNREFUSED)|\bMISCONF Redis\b|LOADING Redis is loading|CLUSTERDOWN"
        r"|READONLY You can't write against",
    ),
    _sign(
        "queue_backlog",
        r"(?i)\b(?:queue|backlog|consumer|lag|unacked|messages ready|pending messages)\b.{0,40}?"
        r"(?:depth|size|length|lag|backlog|behind|waiting|pending)\b[^\d]{0,20}\d{4,12}\b"
        r"|consumer (?:group )?lag (?:is )?growing"
        r"|queue is growing|high watermark reached.{0,60}queue",
    ),
    _sign(
        "database_failover",
        r"(?i)\+switch-master|\+failover-end|promoted (?:self )?to (?:leader|primary"
        r"|master)|promoting (?:standby|replica|self)"
        r"|received promote request|selected new timeline|new (?:leader|primary|master) (?:is"
        r"|elected|promoted)|failover (?:started|completed|to)"
        r"|demot(?:ed|ing) (?:self|to replica|primary|the old)|no longer (?:the )?(?:leader"
        r"|primary|master)|MASTER MODE enabled",
    ),
    _sign(
        "backup_failed",
        r"(?i)\b(?:backup|dump|snapshot|archive)\b.{0,80}\b(?:failed|aborted|error:"
        r"|exit(?:ed)? (?:with )?(?:status|code) [1-9])|pg_dump(?:all)?: error"
        r"|mysqldump: (?:Error|Got error)|\b(?:restic|borg|velero|kopia|duplicity)\b.{0,80}(?:fatal"
        r"|failed|error)|PartiallyFailed",
    ),
    _sign(
        "network_partition",
        r"(?i)running_partitioned_network|split[- ]brain|lost quorum|no quorum|quorum lost"
        r"|network partition(?:s)? detected"
        r"|partial partition|partitioned (?:from|network)"
        r"|non-primary (?:view|component)|cluster is (?:split|partitioned)",
    ),
    _sign(
        "crash_report",
        r"(?i:segmentation fault|core dumped|\bSIGSEGV\b|\bSIGABRT\b|assertion .{0,80}failed)|^panic: "
        r"|Traceback \(most recent",
    ),
    _sign(
        "dependency_wait",
        r"(?i)did not answer|no answer (?:from|within)|timed? ?out\b|deadline exceeded"
        r"|upstream .{0,40}(?:unavailable|failed|prematurely)"
        r"|read timeout|\bETIMEDOUT\b|SocketTimeoutException|bad gateway|gateway time",
    ),
    *_more(DATABASE_SIGNS),
    *_more(NETWORK_SIGNS),
    *_more(WORK_SIGNS),
)


def _once_each(rows: Iterable[LogSign]) -> Iterator[LogSign]:
    """One sign for each name, whose pattern is any of those that its rows have."""
    held: dict[str, list[LogSign]] = {}
    for row in rows:
        held.setdefault(row.name, []).append(row)
    for name, same in held.items():
        scoped = [
            f"(?i:{one.text.removeprefix('(?i)')})" if one.text.startswith("(?i)") else f"(?:{one.text})"
            for one in same
        ]
        extract = next((one.extract for one in same if one.extract), None)
        yield LogSign(name, "|".join(scoped), extract, min(one.vagueness for one in same))


SIGNS: tuple[LogSign, ...] = tuple(_once_each(_ROWS))


@cache
def _anchored() -> tuple[tuple[LogSign, Anchored], ...]:
    return tuple((sign, anchored(sign.pattern)) for sign in SIGNS)
