"""Commands on this machine and over SSH: bounded, in time, quoted, and never anything but a look."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import asyncssh
import pytest

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX
from lamplighter.integrations.commands import LocalMachine, Machine, SshMachine
from lamplighter.ports import ToolError
from tests.integration.integrations.machines.stage import Stage

SECONDS = 5.0
NASTY = ("a b", "$(touch owned)", "`touch owned`", "; touch owned", "'", '"', "*", "-x", "é", "\\", "&&", "|", ">owned")


def machines(served: Stage) -> list[Machine]:
    return [served.local, SshMachine(served.remote)]


def found(name: str, folder: Path) -> list[Path]:
    return [*folder.rglob(name), *Path.cwd().glob(name)]


def runs(file: Path) -> bool:
    return Path(f"/proc/{int(file.read_text(encoding='utf-8'))}").exists()


async def gone(file: Path) -> None:
    for _ in range(1_200):
        if not runs(file):
            return
        await asyncio.sleep(0.05)
    pytest.fail("it still runs")


async def test_the_same_command_prints_the_same_here_and_over_ssh(served: Stage) -> None:
    served.prints("df", "Filesystem\n/dev/sda1\n")
    for machine in machines(served):
        async with machine.session(SECONDS) as session:
            output = await session.run(("df", "-P"))
        assert (output.text, output.code, output.truncated) == ("Filesystem\n/dev/sda1\n", 0, False)
    assert served.calls == [["df", "-P"], ["df", "-P"]]


async def test_no_word_of_a_command_is_ever_read_by_a_shell(served: Stage, tmp_path: Path) -> None:
    served.prints("ps", "")
    for machine in machines(served):
        async with machine.session(SECONDS) as session:
            await session.run(("ps", *NASTY))
    assert served.calls == [["ps", *NASTY]] * 2
    assert not found("owned", tmp_path)


async def test_output_comes_in_one_language_and_one_zone(served: Stage) -> None:
    served.program("date", 'echo "$TZ $LC_ALL"')
    for machine in machines(served):
        async with machine.session(SECONDS) as session:
            assert (await session.run(("date",))).text == "UTC C\n"


async def test_an_exit_code_and_a_complaint_are_kept(served: Stage) -> None:
    served.program("free", "echo 'free: cannot' >&2; exit 3")
    for machine in machines(served):
        async with machine.session(SECONDS) as session:
            output = await session.run(("free", "-b"))
        assert (output.code, output.complaint, output.text) == (3, "free: cannot", "")


async def test_of_much_output_whole_lines_are_kept_the_newest_or_the_first(served: Stage) -> None:
    served.program("journalctl", "i=0; while [ $i -lt 12000 ]; do echo line-$i; i=$((i+1)); done")
    for machine in machines(served):
        async with machine.session(SECONDS) as session:
            newest = await session.run(("journalctl",))
            first = await session.run(("journalctl",), first=True)
        assert newest.truncated
        assert first.truncated
        assert max(len(newest.text), len(first.text)) <= EVIDENCE_BYTES_MAX
        assert newest.text.endswith("line-11999\n")
        assert newest.text.startswith("line-")
        assert first.text.startswith("line-0\n")


async def test_a_flood_is_cut_off(served: Stage) -> None:
    served.program("journalctl", "exec yes flood-flood-flood-flood-flood-flood")
    for machine in machines(served):
        with pytest.raises(ToolError):
            async with machine.session(SECONDS) as session:
                await session.run(("journalctl",))


async def test_a_command_that_hangs_is_left_in_time_and_is_gone_here(served: Stage, tmp_path: Path) -> None:
    served.program("systemctl", f'echo $$ > "{tmp_path}/pid"; sleep 60 & wait')
    for machine in machines(served):
        began = time.monotonic()
        with pytest.raises(ToolError, match="no answer within"):
            async with machine.session(3.0) as session:
                await session.run(("systemctl", "status"))
        # What it waits for would take a minute.
        assert time.monotonic() - began < 50
        if isinstance(machine, LocalMachine):
            await gone(tmp_path / "pid")


@pytest.mark.parametrize(
    "argv",
    [
        ("systemctl", "restart", "nginx.service"),
        ("rm", "-rf", "/"),
        ("sh", "-c", "true"),
        ("journalctl", "--vacuum-time=1s"),
        ("journalctl", "--rotate"),
        ("df", "a\nb"),
        ("df", "a\x00b"),
    ],
)
async def test_what_is_no_look_is_never_run(stage: Stage, argv: tuple[str, ...]) -> None:
    for name in ("systemctl", "rm", "sh", "journalctl", "df"):
        stage.prints(name, "ran")
    async with stage.local.session(SECONDS) as session:
        with pytest.raises(ToolError):
            await session.run(argv)
    assert stage.calls == []


async def test_a_program_that_is_not_there_is_named(stage: Stage, tmp_path: Path) -> None:
    async with LocalMachine("here", str(tmp_path)).session(SECONDS) as session:
        with pytest.raises(ToolError, match="systemctl is not installed here"):
            await session.run(("systemctl", "show"))


async def test_a_host_whose_key_is_not_known_is_never_asked(served: Stage, tmp_path: Path) -> None:
    served.prints("df", "secret")
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    files = {"none": "", "another": f"[127.0.0.1]:{served.port} {other}"}
    for name, text in files.items():
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        machine = SshMachine(served.remote.model_copy(update={"known_hosts": file}))
        with pytest.raises(ToolError, match="HostKeyNotVerifiable"):
            async with machine.session(SECONDS) as session:
                await session.run(("df",))
    missing = SshMachine(served.remote.model_copy(update={"known_hosts": tmp_path / "gone"}))
    with pytest.raises(ToolError, match="gone"):
        async with missing.session(SECONDS) as session:
            await session.run(("df",))
    assert served.calls == []


async def test_a_key_that_is_refused_or_cannot_be_read_is_named(served: Stage, tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "wrong")
    for name, words in (("wrong", "PermissionDenied"), ("gone", "gone")):
        machine = SshMachine(served.remote.model_copy(update={"key_file": tmp_path / name}))
        with pytest.raises(ToolError, match=words):
            async with machine.session(SECONDS):
                pass


async def test_words_name_the_machine_and_quote_the_command(served: Stage) -> None:
    assert served.local.words(("df", "a b")) == "df 'a b'"
    assert SshMachine(served.remote).words(("df", "-P")) == f"ssh lamp@127.0.0.1:{served.port} df -P"
