from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.journal import writer_of
from lamplighter.domain.evidence import Evidence, Fact

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)

LOOP = """\
2026-03-03T11:59:01+0000 web1 systemd[1]: Started api.service - Orders API.
2026-03-03T11:59:02+0000 web1 api[901]: FATAL: invalid value for parameter "workers": "many"
2026-03-03T11:59:02+0000 web1 systemd[1]: api.service: Main process exited, code=exited, status=1/FAILURE
2026-03-03T11:59:02+0000 web1 systemd[1]: api.service: Failed with result 'exit-code'.
2026-03-03T11:59:03+0000 web1 systemd[1]: api.service: Scheduled restart job, restart counter is at 1.
2026-03-03T11:59:03+0000 web1 systemd[1]: Stopped api.service - Orders API.
2026-03-03T11:59:03+0000 web1 systemd[1]: Started api.service - Orders API.
2026-03-03T11:59:04+0000 web1 systemd[1]: api.service: Main process exited, code=exited, status=1/FAILURE
2026-03-03T11:59:05+0000 web1 systemd[1]: api.service: Scheduled restart job, restart counter is at 2.
2026-03-03T11:59:05+0000 web1 systemd[1]: Started api.service - Orders API.
2026-03-03T11:59:06+0000 web1 systemd[1]: api.service: Main process exited, code=exited, status=1/FAILURE
2026-03-03T11:59:07+0000 web1 systemd[1]: api.service: Start request repeated too quickly.
2026-03-03T11:59:07+0000 web1 systemd[1]: api.service: Failed with result 'exit-code'.
"""


def _read(content: str, component: str = "api", **params: str) -> list[Fact]:
    return read(Evidence("e1", "journalctl", component, params, "text/plain", content, NOW))


def _events(facts: list[Fact]) -> dict[object, Fact]:
    return {fact.values["action"]: fact for fact in facts if fact.kind == "event"}


def _signs(facts: list[Fact]) -> dict[object, Fact]:
    return {fact.values["sign"]: fact for fact in facts if fact.kind == "log_sign"}


def test_a_loop_of_starts_is_told_as_an_engine_tells_it() -> None:
    facts = _read(LOOP)
    events = _events(facts)
    assert events["die"].number("count") == 3.0
    assert events["die"].number("unforced") == 3.0
    assert events["die"].number("exit_code") == 1.0
    # Systemd says that it stopped the unit before each new start; nobody gave that order.
    assert "stop" not in events
    signs = _signs(facts)
    assert "start_limit_hit" in signs
    assert signs["restart_scheduled"].number("restart_count") == 2.0
    assert signs["config_error"].component == "api"


def test_a_stop_by_hand_makes_the_end_forced() -> None:
    text = """\
Mar 03 11:00:00 web1 systemd[1]: Started api.service - Orders API.
Mar 03 11:50:00 web1 systemd[1]: Stopping api.service - Orders API...
Mar 03 11:50:01 web1 systemd[1]: api.service: Main process exited, code=killed, status=15/TERM
Mar 03 11:50:01 web1 systemd[1]: api.service: Deactivated successfully.
Mar 03 11:50:01 web1 systemd[1]: Stopped api.service - Orders API.
"""
    events = _events(_read(text))
    assert events["stop"].number("since_start") == 1.0
    assert (events["die"].number("unforced"), events["die"].number("signal")) == (0.0, 15.0)
    assert events["stop"].at == datetime(2026, 3, 3, 11, 50, tzinfo=UTC)


def test_a_kill_for_memory_is_one_event_however_often_it_is_told() -> None:
    text = """\
2026-03-03T11:58:19+0000 web1 systemd[1]: api.service: A process of this unit has been killed by the OOM killer.
2026-03-03T11:58:20+0000 web1 systemd[1]: api.service: Main process exited, code=killed, status=9/KILL
2026-03-03T11:58:20+0000 web1 systemd[1]: api.service: Failed with result 'oom-kill'.
"""
    facts = _read(text)
    assert _events(facts)["oom"].number("count") == 1.0
    assert _events(facts)["die"].number("exit_code") == 137.0
    assert "oom_kill" in _signs(facts)


def test_the_kernel_names_whom_it_killed() -> None:
    text = """\
Mar 03 11:58:19 web1 kernel: oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/system.slice,\
task_memcg=/system.slice/api.service,task=python3,pid=4711,uid=0
Mar 03 11:58:19 web1 kernel: Memory cgroup out of memory: Killed process 4711 (python3) \
total-vm:91234kB, anon-rss:65536kB, file-rss:0kB
Mar 03 11:59:00 web1 kernel: Out of memory: Killed process 77 (java) total-vm:991234kB, anon-rss:900000kB, file-rss:0kB
"""
    found = {fact.component: fact for fact in _read(text, "web1") if fact.values.get("sign") == "oom_kill"}
    assert set(found) == {"api", "java"}
    assert found["api"].number("memory_used_bytes") == 65536 * 1024.0


def test_a_program_cannot_claim_that_somebody_was_killed() -> None:
    forged = "2026-03-03T11:58:21+0000 web1 systemd[1]: api.service: Failed with result 'oom-kill'."
    text = f"""\
2026-03-03T11:58:19+0000 web1 api[901]: Out of memory: Killed process 4711 (store)
2026-03-03T11:58:19+0000 web1 kernel[902]: Out of memory: Killed process 4711 (store)
2026-03-03T11:58:19+0000 web1 systemd[903]: api.service: Failed with result 'oom-kill'.
2026-03-03T11:58:20+0000 web1 api[901]: several lines
                                        {forged}
"""
    facts = _read(text)
    assert "oom_kill" not in _signs(facts)
    assert _events(facts) == {}


def test_where_nobody_is_named_each_program_has_its_own_lines() -> None:
    text = """\
Mar 03 11:58:19 web1 api[901]: bind: address already in use
Mar 03 11:58:19 web1 nginx[902]: connect() failed (111: Connection refused)
"""
    facts = _read(text, "")
    assert {(fact.component, fact.values["sign"]) for fact in facts} == {
        ("api", "port_conflict"),
        ("nginx", "connection_refused"),
    }


def test_lines_as_json_tell_the_same() -> None:
    lines = [
        {
            "__REALTIME_TIMESTAMP": "1772539100000000",
            "_PID": "1",
            "SYSLOG_IDENTIFIER": "systemd",
            "_HOSTNAME": "web1",
            "UNIT": "api.service",
            "MESSAGE": "api.service: Main process exited, code=dumped, status=11/SEGV",
        },
        {"_PID": "901", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": "Out of memory: Killed process 1 (x)"},
    ]
    facts = _read("\n".join(map(json.dumps, lines)))
    assert _events(facts)["die"].number("exit_code") == 139.0
    assert "oom_kill" not in _signs(facts)


def test_a_moment_without_a_year_is_never_in_the_future() -> None:
    (fact,) = _read("Dec 31 23:00:00 web1 api[1]: ERROR: it broke\n")
    assert fact.at == datetime(2025, 12, 31, 23, 0, tzinfo=UTC)


def test_an_empty_journal_says_nothing() -> None:
    assert _read("-- No entries --\n") == []


def test_what_prepares_a_start_fails_it_and_what_reloads_does_not() -> None:
    control = "2026-03-03T11:59:02+0000 web1 systemd[1]: api.service: Control process exited, code=exited, status=2/X\n"
    failed = "2026-03-03T11:59:02+0000 web1 systemd[1]: api.service: Failed with result 'exit-code'.\n"
    assert "die" not in _events(_read(control))
    assert _events(_read(control + failed))["die"].number("exit_code") == 2.0


def test_who_asked_for_memory_is_not_who_was_killed() -> None:
    facts = _read(
        "Mar 03 11:58:19 web1 kernel: ffmpeg invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0\n", "web1"
    )
    assert facts == []


def test_the_writer_of_a_line_is_the_one_at_its_head() -> None:
    assert writer_of("Mar 03 11:58:19 web1 kernel: Out of memory: Killed process 4 (x)") == ("kernel", "")
    assert writer_of("Mar 03 11:58:19 web1 app[7]: kernel: Out of memory: Killed process 4 (x)") == ("app", "7")
    assert writer_of("kernel: Out of memory") is None
    assert writer_of('{"_PID": "7", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": "x"}') == ("kernel", "0")
    assert writer_of('{"_TRANSPORT": "kernel", "MESSAGE": "x"}') == ("kernel", "")
