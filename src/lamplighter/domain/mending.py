"""From the words of a look that failed to the one line that mends it. Pure; it tries nothing."""

from __future__ import annotations

import re

_GRANT = re.compile(r"on a node run: (?P<line>pveum .{1,300}?)\s*$", re.DOTALL)
_MISSING_FILE = re.compile(r"No such file or directory: '(?P<path>[^']{1,300})'")
_NO_NAME = ("Name or service not known", "Temporary failure in name resolution", "nodename nor servname", "No address")
_NOBODY = ("Connection refused", "All connection attempts failed", "Cannot connect", "refused the connection")
_SILENT = ("no answer", "no whole answer", "timed out", "Timeout")
_KEY = ("Permission denied (publickey", "Permission denied for user", "no key")
SOCKET_PROXY = "sources.docker.host: tcp://socket-proxy:2375"
DOCKER_LINES = (
    (
        "Permission denied",
        f"sudo usermod -aG docker $USER, then sign in again; safer is a socket proxy: {SOCKET_PROXY}",
    ),
    ("No such file", "sudo systemctl start docker; or name another engine with sources.docker.host; or drop it"),
    (
        "HTTP 403",
        "let the socket proxy pass CONTAINERS=1 and ALLOW_RESTARTS=1; tecnativa's restarts only with POST=1 too",
    ),
)


def mend(name: str, address: str, error: str, section: str = "sources") -> str:
    """The line that most likely mends a source or channel called `name`, which listens at `address`."""
    granted = _GRANT.search(error)
    if granted is not None:
        return f"on a node run: {granted['line']}"
    if name == "docker":
        for sign, line in DOCKER_LINES:
            if sign in error:
                return line
    key = f"{section}.{name}"
    return next((line for line in _lines(key, address, error) if line), f"correct {key}, or take it out")


def _lines(key: str, address: str, error: str) -> tuple[str, ...]:
    where = address or "it"
    missing = _MISSING_FILE.search(error)
    return (
        f"make {missing['path']}, or correct the path below {key}" if missing else "",
        f"give the role what it lacks: GRANT pg_monitor TO that role (as a superuser of {where})"
        if "pg_monitor" in error
        else "",
        f"give its authority with {key}.ca_file, or verify_tls: false below {key}" if "CERTIFICATE" in error else "",
        f"let that user's key in: ssh-copy-id, with the user and key_file below {key}" if _has(error, _KEY) else "",
        f"correct the host in {key}, or make its name known{': getent hosts ' + _host(address) if address else ''}"
        if _has(error, _NO_NAME)
        else "",
        f"set both clocks: timedatectl set-ntp true, here and on {_host(address)}" if "its clock is" in error else "",
        f"start what should listen at {where}, or correct its address in {key}" if _has(error, _NOBODY) else "",
        f"give {key} a token that may read, best as a file: HTTP {error.split('HTTP ')[1][:3]} is a wrong one"
        if "HTTP 401" in error or "HTTP 403" in error
        else "",
        f"see whether a firewall stands between: curl -m 5 {where}" if _has(error, _SILENT) else "",
        f"let the user that runs Lamplighter read it: setfacl -m u:$USER:r, on what {key} names"
        if "Permission denied" in error
        else "",
    )


def _has(error: str, signs: tuple[str, ...]) -> bool:
    return any(sign in error for sign in signs)


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0] or "that host"
