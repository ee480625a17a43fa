"""What a look at everything comes to: findings, each with how bad it is and the line that mends it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lamplighter.domain.mending import mend
from lamplighter.domain.plan import bytes_words
from lamplighter.domain.policy import Mode
from lamplighter.domain.reach import Reach

MIB = 1024**2
# The finding for all sources that only listen.
WEBHOOKS = "webhooks"
# Who is asked for alerts, beside those that send them.
HEARING = frozenset({"prometheus", "alertmanager"})
NO_PEOPLE = frozenset({"log", "heartbeat_out"})
FREE_BYTES_MIN = 200 * MIB
FREE_BYTES_GOOD = 1024 * MIB
FREE_SHARE_GOOD = 0.05
FUTURE_MAX = timedelta(minutes=5)
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "glusterfs", "ceph", "afs"}
)
OTHERS_BITS = 0o077
ENGINE_LINE = "sources: {docker: {}}; or systemd, supervisor, kubernetes or proxmox, see docs/integrations.md"
CHANNEL_LINE = "notify: {ntfy: {topic: a-long-word-nobody-guesses}}; or telegram, or notify.others with any Apprise URL"


class Health(StrEnum):
    """How one thing stands; worse is later. What cannot be known is never shown as good."""

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fix` is the exact line or key that mends it; empty where nothing needs mending."""

    area: str
    name: str
    health: Health
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything that was looked at, and what may be done now."""

    findings: tuple[Finding, ...]
    may: tuple[str, ...] = ()

    @property
    def worst(self) -> Health:
        """The worst of all."""
        order = list(Health)
        return max((finding.health for finding in self.findings), key=order.index, default=Health.OK)

    @property
    def needs_work(self) -> bool:
        """Whether something is a problem or a warning."""
        return self.worst in {Health.WARNING, Health.PROBLEM}


@dataclass(frozen=True, slots=True)
class SourceLook:
    """What a source answered. `listed` is how many things it runs, None where it lists nothing; `stopped` of those."""

    name: str
    address: str = ""
    listed: int | None = None
    stopped: int = 0
    words: str = ""
    error: str = ""
    receives: bool = False
    asked: bool = True


@dataclass(frozen=True, slots=True)
class ChannelLook:
    """A way to tell people. `sent` is the newest end of a message on it, as far as known; `problem` why it was none."""

    name: str
    integration: str
    words: str = ""
    error: str = ""
    sent: bool | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FolderLook:
    """The data folder as it is on disk; `newest` is the last change of a file in it."""

    path: str
    exists: bool
    writable: bool
    mode: int
    free_bytes: int
    size_bytes: int
    file_system: str = ""
    newest: datetime | None = None
    sqlite: bool = True


@dataclass(frozen=True, slots=True)
class ServerLook:
    """Who listens. `mine` where a Lamplighter holds the data folder; `reasons` where that one is not ready."""

    address: str
    mine: bool
    answers: bool
    taken: bool
    reasons: str = ""
    paused: str = ""


@dataclass(frozen=True, slots=True)
class SetupLook:
    """What was set, as far as a first run cares."""

    file: str
    warnings: tuple[str, ...]
    channels: tuple[str, ...]
    site_url: str
    engines: int
    hears: bool
    checks: int
    accounts: int | None = None


def judge_source(look: SourceLook) -> Finding:
    """How one source stands."""
    if look.error:
        fix = mend(look.name, look.address, look.error)
        return Finding("sources", look.name, Health.PROBLEM, f"I cannot see it: {look.error}", fix)
    if look.listed is not None:
        stopped = f", {look.stopped} of them not running or unhealthy" if look.stopped else ""
        words = f"; {look.words}" if look.words else ""
        return Finding("sources", look.name, Health.OK, f"I see {look.listed}{stopped}{words}")
    if not look.asked:
        what = "takes webhooks; it has no address here to ask" if look.receives else "nothing to ask"
        return Finding("sources", look.name, Health.OK, what)
    return Finding("sources", look.name, Health.OK, look.words)


def judge_channel(look: ChannelLook) -> Finding:
    """Whether a channel reaches people. What nobody has seen arrive is not called good."""
    test = f"lamplighter notify test {look.name}"
    if look.error:
        fix = mend(look.integration, "", look.error, "notify")
        return Finding("channels", look.name, Health.PROBLEM, f"I cannot reach it: {look.error}", fix)
    seen = f"{look.words}; " if look.words else ""
    if look.sent is None:
        words = f"{seen}whether a message arrives was not tried, or is not known here"
        return Finding("channels", look.name, Health.NOTE, words, test)
    if look.sent:
        return Finding("channels", look.name, Health.OK, f"{seen}the newest message was delivered")
    words = f"{seen}the newest message was given up: {look.problem}"
    return Finding("channels", look.name, Health.PROBLEM, words, f"correct notify.{look.integration}, then: {test}")


def judge_folder(look: FolderLook, now: datetime) -> tuple[Finding, ...]:
    """The data folder: there, writable, private, on a local disk with space, and not from the future."""
    if not look.exists:
        words = f"{look.path} does not exist yet; it is made at the first start"
        return (Finding("data", "folder", Health.NOTE, words),)
    if not look.writable:
        fix = f"sudo chown -R $USER {look.path}; or name another folder with --data"
        return (Finding("data", "folder", Health.PROBLEM, f"{look.path} cannot be written", fix),)
    found = [Finding("data", "folder", Health.OK, look.path)]
    if look.mode & OTHERS_BITS:
        words = f"others may look into {look.path}, where the token lies"
        found[0] = Finding("data", "folder", Health.WARNING, words, f"chmod 700 {look.path}")
    if look.sqlite and look.file_system in NETWORK_FILE_SYSTEMS:
        words = f"{look.path} lies on {look.file_system}; SQLite's locks do not hold there, and data are lost"
        fix = "set data_folder to a local disk, or store.url to PostgreSQL"
        found.append(Finding("data", "file system", Health.PROBLEM, words, fix))
    return (*found, _space(look), *_time_of_files(look, now))


def _space(look: FolderLook) -> Finding:
    words = f"{bytes_words(look.free_bytes)} free of {bytes_words(look.size_bytes)}"
    fix = f"free space on the disk of {look.path}; without it alerts are refused with 503 and nothing is acted on"
    if look.free_bytes < FREE_BYTES_MIN:
        return Finding("data", "space", Health.PROBLEM, words, fix)
    if look.free_bytes < FREE_BYTES_GOOD and look.free_bytes < FREE_SHARE_GOOD * look.size_bytes:
        return Finding("data", "space", Health.WARNING, words, fix)
    return Finding("data", "space", Health.OK, words)


def _time_of_files(look: FolderLook, now: datetime) -> tuple[Finding, ...]:
    if look.newest is None or look.newest - now <= FUTURE_MAX:
        return ()
    words = f"a file in {look.path} was written at {look.newest:%Y-%m-%d %H:%M} UTC, and it is {now:%Y-%m-%d %H:%M} now"
    return (Finding("clock", "time", Health.PROBLEM, words, "sudo timedatectl set-ntp true, then start again"),)


def judge_clock(now: datetime, built: datetime, *, synchronised: bool | None) -> Finding:
    """Whether the time can be right. `built` is when this program was made; `synchronised` what the kernel says."""
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    fix = "sudo timedatectl set-ntp true"
    if now < built:
        return Finding("clock", "time", Health.PROBLEM, f"it cannot be {shown}: this program is younger", fix)
    if synchronised is None:
        return Finding("clock", "time", Health.UNKNOWN, f"{shown}; the kernel does not tell whether it is synchronised")
    if not synchronised:
        words = f"{shown}; the kernel says that nothing keeps this clock right"
        return Finding("clock", "time", Health.WARNING, words, fix)
    return Finding("clock", "time", Health.OK, f"{shown}, kept right by the kernel")


def judge_server(look: ServerLook) -> tuple[Finding, ...]:
    """Whether a server runs here, or could."""
    paused = Finding(
        "server", "switch", Health.WARNING, f"paused {look.paused}: no action begins", "lamplighter resume"
    )
    extra = (paused,) if look.paused else ()
    if look.mine and look.answers and not look.reasons:
        return (Finding("server", "running", Health.OK, f"ready at {look.address}"), *extra)
    if look.mine:
        words = f"runs at {look.address} and is not ready: {look.reasons or 'it does not answer'}"
        return (Finding("server", "running", Health.PROBLEM, words, "read its log: it says what to correct"), *extra)
    if look.taken:
        words = f"another program listens at {look.address}"
        fix = "end that program, or give another port with server.port or --port"
        return (Finding("server", "port", Health.PROBLEM, words, fix), *extra)
    return (
        Finding("server", "running", Health.NOTE, f"no server runs; {look.address} is free", "lamplighter serve"),
        *extra,
    )


def judge_check(name: str, *, blind: bool, detail: str, source: str = "") -> Finding:
    """Whether one check can see what it is about. What fails is an alert's matter, not a doctor's."""
    if not blind:
        return Finding("checks", name, Health.OK, f"it sees: {detail}")
    fix = f"mend sources.{source}, which it asks" if source else f"correct the check {name}, or drop it"
    return Finding("checks", name, Health.WARNING, f"it cannot see: {detail.removeprefix('cannot see: ')}", fix)


def judge_reaches(mode: Mode, found: Sequence[Reach], blind: Sequence[str]) -> tuple[Finding, ...]:
    """Sentences that mean nothing now, where that can be known."""
    findings = [
        Finding(
            "autonomy",
            each.text,
            Health.UNKNOWN if blind else Health.WARNING,
            each.words,
            "" if blind else "correct the sentence, or the label or name that it speaks of, or take it out",
        )
        for each in found
        if not each.names and not each.forbids
    ]
    if mode is Mode.WATCH:
        findings.append(Finding("autonomy", "mode", Health.NOTE, "watch: I only look", "autonomy: {mode: ask}"))
    findings += [_standing(each, blind) for each in found if each.names or each.forbids]
    return tuple(findings)


def _standing(reach: Reach, blind: Sequence[str]) -> Finding:
    """A sentence that forbids and means nobody may be a slip of the pen, and then it protects nobody."""
    if reach.names or blind or reach.idle:
        return Finding("autonomy", reach.text, Health.OK, reach.words)
    fix = "see whether the name or label in it is spelt as the engine has it"
    return Finding("autonomy", reach.text, Health.NOTE, reach.words, fix)


def judge_setup(look: SetupLook) -> tuple[Finding, ...]:
    """What is missing before it is of use."""
    findings = [_file(look), *(_readable(words) for words in look.warnings)]
    if not look.engines:
        words = "no source knows what runs, so I can tell of trouble and heal none"
        findings.append(Finding("set-up", "engines", Health.WARNING, words, ENGINE_LINE))
    if not look.hears and not look.checks:
        words = "nothing tells me of trouble but who posts to /api/v1/alerts: no Prometheus, no Alertmanager, no checks"
        fix = "checks: [{name: Website, http: https://example.com/}]; or point Alertmanager here, see docs/install.md"
        findings.append(Finding("set-up", "signals", Health.WARNING, words, fix))
    if look.accounts == 0:
        words = "nobody has an account, so only the token opens the pages"
        findings.append(Finding("set-up", "accounts", Health.WARNING, words, "lamplighter setup-url"))
    people = [name for name in look.channels if name not in NO_PEOPLE]
    if not people:
        words = "messages go to the log alone, so nobody is woken"
        findings.append(Finding("set-up", "channels", Health.WARNING, words, CHANNEL_LINE))
    elif not look.site_url:
        words = "messages cannot link to the page of their incident"
        findings.append(Finding("set-up", "links", Health.WARNING, words, "site: {url: http://this-machine:8460}"))
    return tuple(findings)


def _file(look: SetupLook) -> Finding:
    if look.file:
        return Finding("set-up", "configuration", Health.OK, look.file)
    return Finding("set-up", "configuration", Health.NOTE, "no file; defaults and environment", "lamplighter init")


def _readable(words: str) -> Finding:
    """A warning of the configuration ends with the command that mends it, where there is one."""
    detail, _, line = words.partition("; run: ")
    return Finding("set-up", "warning", Health.WARNING, detail, line or "see docs/configuration.md")


def short_form(checkup: Checkup, findings_max: int = 5) -> tuple[str, ...]:
    """What must be seen at the first start, in few lines: what is seen, then problems and warnings with their fixes."""
    sees = [f"{each.name}: {each.detail}" for each in checkup.findings if each.area == "sources" and _lists(each)]
    order = (Health.PROBLEM, Health.WARNING)
    found = [each for health in order for each in checkup.findings if each.health is health]
    lines = [f"seen: {'; '.join(sees[:findings_max]) or 'nothing that runs, yet'}"]
    for each in found[:findings_max]:
        lines += [f"{each.health}: {each.area}: {each.name}: {each.detail}", f"  fix: {each.fix}"]
    more = len(found) - findings_max
    return (*lines, *([f"and {more} more: lamplighter doctor"] if more > 0 else []))


def _lists(finding: Finding) -> bool:
    return finding.health is Health.OK and finding.name != WEBHOOKS
