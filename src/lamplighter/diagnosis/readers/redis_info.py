"""Reads what `redis-cli info` prints: memory, clients, saving, replication. Numbers are told, and known states."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import is_count
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words

LINES_MAX = 1_000
HEAD = re.compile(r"(?m)^# (?:Server|Clients|Memory|Persistence|Stats|Replication)\s*$")
_PAIR = re.compile(r"^([a-z][a-z0-9_]{1,60}):(.{0,200})$")


def read_redis(evidence: Evidence) -> list[Fact]:
    """One fact `cache`, and a `log_sign` for each state in which it serves nobody; nothing for another text."""
    if HEAD.search(evidence.content) is None and "used_memory:" not in evidence.content:
        return []
    lines = evidence.content.splitlines()[:LINES_MAX]
    told = {found[1]: found[2].strip() for line in lines if (found := _PAIR.match(line.strip()))}
    if not told:
        return []
    numbers = {key: float(value) for key, value in told.items() if is_count(value)}
    used, most = numbers.get("used_memory"), numbers.get("maxmemory") or None
    clients, allowed = numbers.get("connected_clients"), numbers.get("maxclients") or None
    values = known(
        role=told.get("role", ""),
        memory_used_bytes=used,
        memory_limit_bytes=most,
        memory_share=used / most if used is not None and most else None,
        clients=clients,
        clients_share=clients / allowed if clients is not None and allowed else None,
        rejected_connections=numbers.get("rejected_connections"),
        evicted_keys=numbers.get("evicted_keys"),
        policy=told.get("maxmemory_policy", ""),
        master_link=told.get("master_link_status", ""),
    )
    who = owner(evidence) or "a cache"
    said = f"{who} holds {bytes_words(int(used))}" if used is not None else f"{who} told of itself"
    said += f" of {bytes_words(int(most))}" if most else ""
    said += f", {clients:.0f} clients" if clients is not None else ""
    said += f", {values['policy']}" if values.get("policy") else ""
    facts = [draft(evidence, "cache", said, values, at=evidence.at)]
    return facts + [_sign(evidence, sign, words) for sign, words in _states(told, numbers)]


def _states(told: dict[str, str], numbers: dict[str, float]) -> list[tuple[str, str]]:
    """The known states in which clients get errors, each with what shows it."""
    found: list[tuple[str, str]] = []
    most, clients, allowed = (numbers.get(key, 0.0) for key in ("maxmemory", "connected_clients", "maxclients"))
    full = most > 0 and numbers.get("used_memory", 0.0) >= most
    if full and told.get("maxmemory_policy") == "noeviction":
        found.append(("cache_unavailable", "its memory is full and maxmemory_policy is noeviction: it refuses writes"))
    if told.get("loading") == "1":
        found.append(("cache_unavailable", "loading:1, it is loading its data and answers nobody"))
    if told.get("rdb_last_bgsave_status") == "err":
        found.append(("cache_unavailable", "rdb_last_bgsave_status:err, its last save failed: it refuses writes"))
    if allowed > 0 and clients >= allowed:
        found.append(("connection_pool_exhausted", f"{clients:.0f} clients of maxclients {allowed:.0f}"))
    if told.get("master_link_status") == "down":
        found.append(("replication_lag", "master_link_status:down, it does not follow its master"))
    return found


def _sign(evidence: Evidence, sign: str, words: str) -> Fact:
    said = f"redis-cli info of {owner(evidence) or 'a cache'}: {words}"
    return draft(evidence, "log_sign", shown(said), known(sign=sign, count=1.0), at=evidence.at)
