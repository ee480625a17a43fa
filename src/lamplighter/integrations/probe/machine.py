"""Looks at this machine: whether a process runs, and how much of a disk is free."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePath

import psutil

from lamplighter.domain.check import CheckSpec, SampleState
from lamplighter.integrations.probe.look import Look

INIT_PID = 1


def look_process(spec: CheckSpec) -> Look:
    """Whether a process of this name, or with a command line that begins with these words, runs here."""
    words = tuple(spec.target.split())
    if not words:
        return Look(SampleState.CANNOT_SEE, "the check names no process")
    count, sees_init = 0, False
    for process in psutil.process_iter(["name", "cmdline", "status"]):
        sees_init = sees_init or process.pid == INIT_PID
        told = process.info
        if told["status"] != psutil.STATUS_ZOMBIE and is_named(words, told["name"] or "", told["cmdline"] or ()):
            count += 1
    if count:
        return Look(SampleState.OK, f"{count} running", float(count))
    if not sees_init:
        # Where even the first process is hidden, not finding one says nothing.
        return Look(SampleState.CANNOT_SEE, "the processes of others are hidden from me")
    return Look(SampleState.FAILING, f"no process {spec.target!r} runs", 0.0)


def is_named(words: Sequence[str], name: str, command: Sequence[str]) -> bool:
    """Whether `words` are a process's name, or the first words of its command, its program with or without folders."""
    if tuple(words) == (name,):
        return True
    begin = tuple(command[: len(words)])
    if not begin:
        return False
    return tuple(words) in {begin, (PurePath(begin[0]).name, *begin[1:])}


def look_disk(spec: CheckSpec) -> Look:
    """How much of the disk under a path is free for a user who is not root, in percent, as df counts it."""
    try:
        disk = os.statvfs(spec.target)
    except (OSError, ValueError) as problem:
        return Look(SampleState.CANNOT_SEE, f"{spec.target}: {problem}")
    usable = disk.f_blocks - disk.f_bfree + disk.f_bavail
    if not usable:
        return Look(SampleState.CANNOT_SEE, f"{spec.target} is on a disk without a size")
    return judged_disk(100.0 * disk.f_bavail / usable, spec)


def judged_disk(free_percent: float, spec: CheckSpec) -> Look:
    """A share of free space against the least that the check asks for."""
    state = SampleState.FAILING if free_percent < spec.free_percent_min else SampleState.OK
    least = f"at least {spec.free_percent_min:g} % wanted"
    return Look(state, f"{free_percent:.1f} % of {spec.target} free, {least}", free_percent)
