"""Which logs of a pod are asked for: one for each life of each container that may tell something. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lamplighter.integrations.kubernetes.places import Place, one
from lamplighter.integrations.kubernetes.printed import Thing, inner, inner_list
from lamplighter.ports import ToolError

LOG_LINES_MAX = 200
LOG_READ_BYTES_MAX = 1024 * 1024


def lives_of(pod: Thing) -> Iterator[tuple[Place, Mapping[str, str]]]:
    """Each container's log, those that restarted or are not ready first, with the log of the life before."""
    meta, status = inner(pod, "metadata"), inner(pod, "status")
    told = [*inner_list(status, "initContainerStatuses"), *inner_list(status, "containerStatuses")]
    known = [container for container in told if isinstance(container, dict)]
    try:
        path = f"{one('pod', str(meta.get('namespace', '')), str(meta.get('name', ''))).path}/log"
    except ToolError:
        return
    for container in sorted(known, key=lambda one_of: bool(one_of.get("ready")) and not one_of.get("restartCount")):
        name = str(container.get("name", ""))
        ended_well = inner(inner(container, "state"), "terminated").get("exitCode") == 0
        if not name or (ended_well and not container.get("restartCount")):
            continue
        for previous in (False, True) if container.get("restartCount") else (False,):
            params = {"container": name, "timestamps": "true", "tailLines": str(LOG_LINES_MAX)}
            # The server counts these bytes from the first line on, so few of them would cost the last lines.
            params |= {"limitBytes": str(LOG_READ_BYTES_MAX)} | ({"previous": "true"} if previous else {})
            about = {"container": name} | ({"previous": "true"} if previous else {})
            yield Place("pod", path, str(meta["name"]), str(meta["namespace"]), params), about
