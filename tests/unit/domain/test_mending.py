from __future__ import annotations

import pytest

from lamplighter.domain.mending import mend

GRANT = "on a node run: pveum acl modify / --tokens 'a@pve!b' --roles PVEAuditor"
WHERE = "http://watcher:9090"


@pytest.mark.parametrize(
    ("name", "error", "line"),
    [
        ("docker", "GET /version: [Errno 13] Permission denied", "sudo usermod -aG docker $USER"),
        ("docker", "GET /version: [Errno 2] No such file or directory", "sudo systemctl start docker"),
        ("docker", "GET /containers/json: HTTP 403: Forbidden", "CONTAINERS=1"),
        (
            "proxmox",
            f"GET /api2/json/cluster/resources: an empty list. The token sees nothing; {GRANT}",
            GRANT,
        ),
        ("proxmox", "ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "sources.proxmox.ca_file"),
        ("prometheus", "ConnectError: [Errno -2] Name or service not known", "getent hosts watcher"),
        ("prometheus", "ConnectError: All connection attempts failed", f"start what should listen at {WHERE}"),
        ("prometheus", "no whole answer in 5 s", f"curl -m 5 {WHERE}"),
        ("prometheus", "HTTP 401 Unauthorized", "give sources.prometheus a token"),
        ("prometheus", "its clock is 3600 s ahead of ours", "timedatectl set-ntp true"),
        ("systemd", "ssh nas: FileNotFoundError: [Errno 2] No such file or directory: '/run/key'", "make /run/key"),
        ("systemd", "ssh nas: Permission denied (publickey)", "ssh-copy-id"),
        ("postgresql", "signed in, but this role lacks pg_monitor", "GRANT pg_monitor"),
        ("logfile", "[Errno 13] Permission denied: '/var/log/x'", "setfacl"),
    ],
)
def test_what_went_wrong_has_a_line_that_mends_it(name: str, error: str, line: str) -> None:
    assert line in mend(name, WHERE, error)


@pytest.mark.parametrize("error", ["", "something nobody thought of", "\x00" * 500, "HTTP", "on a node run: rm -rf /"])
def test_what_nobody_thought_of_names_the_setting(error: str) -> None:
    assert mend("loki", "", error) == "correct sources.loki, or take it out"


def test_without_an_address_none_is_made_up() -> None:
    line = mend("postgresql", "", "failed to resolve host 'db': Name or service not known")
    assert line == "correct the host in sources.postgresql, or make its name known"
