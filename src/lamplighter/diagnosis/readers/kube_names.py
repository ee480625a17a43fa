"""Which workload a pod belongs to, by the names that the cluster's own controllers give their pods."""

from __future__ import annotations

import re

# The alphabet of generated suffixes: no vowels, and none of 0, 1 and 3.
_SUFFIX = r"[bcdfghjklmnpqrstvwxz2456789]{5}"
_OF_REPLICA_SET = re.compile(
    r"^([a-z0-9][a-z0-9.-]{0,200}?)-([a-f0-9]{6,10}|[bcdfghjklmnpqrstvwxz2456789]{6,10})-([a-z0-9]{5})$"
)
_REPLICA_SET = re.compile(
    r"^([a-z0-9][a-z0-9.-]{0,200}?)-(?=[a-z]{0,10}\d)([a-f0-9]{6,10}|[bcdfghjklmnpqrstvwxz2456789]{6,10})$"
)
_OF_CRON_JOB = re.compile(r"^([a-z0-9][a-z0-9.-]{0,200}?)-(\d{8,10})(?:-[a-z0-9]{5})?$")
_OF_SET = re.compile(rf"^([a-z0-9][a-z0-9.-]{{0,200}}?)-({_SUFFIX})$")
_ORDINAL = re.compile(r"^([a-z0-9][a-z0-9.-]{0,200}?)-(\d{1,3})$")
_STATIC = re.compile(r"^(kube-apiserver|kube-controller-manager|kube-scheduler)-(?!\d{1,3}$)[a-z0-9][a-z0-9.-]{0,200}$")
_WORDS = frozenset({"httpd", "https"})


def workload_of(pod: str) -> str:
    """The workload that a pod's name alone points to; the name itself where it was not generated."""
    static = _STATIC.match(pod)
    if static:
        return static[1]
    found = _OF_REPLICA_SET.match(pod)
    if found and any(letter.isdigit() for letter in found[2]):
        return found[1]
    cron = _OF_CRON_JOB.match(pod)
    if cron:
        return cron[1]
    own = _OF_SET.match(pod)
    if own and own[2] not in _WORDS:
        return own[1]
    ordinal = _ORDINAL.match(pod)
    return ordinal[1] if ordinal else pod


def of_replica_set(pod: str) -> bool:
    """Whether a pod's name can hardly be other than a replica set's: a hash, then a suffix."""
    found = _OF_REPLICA_SET.match(pod)
    return (
        found is not None
        and sum(letter.isdigit() for letter in found[2]) > 1
        and re.fullmatch(_SUFFIX, found[3]) is not None
    )


def controller_name(owner: str) -> str:
    """The workload behind an owner such as `ReplicaSet/web-5d98ffcfd`: the deployment's name, not the replica set's."""
    kind, _, name = owner.rpartition("/")
    if kind.lower() in {"node", "configmap"}:
        return ""
    if kind.lower() == "replicaset":
        found = _REPLICA_SET.match(name)
        return found[1] if found else name
    if kind.lower() == "job":
        cron = _OF_CRON_JOB.match(name)
        return cron[1] if cron else name
    return name
