from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)

OOM = """\
\N{MULTIPLICATION SIGN} api.service - Orders API
     Loaded: loaded (/etc/systemd/system/api.service; enabled; preset: enabled)
    Drop-In: /etc/systemd/system/api.service.d
             └─limits.conf
     Active: failed (Result: oom-kill) since Tue 2026-03-03 11:58:20 UTC; 1min 40s ago
   Duration: 4min 10.5s
    Process: 4711 ExecStart=/opt/api/bin/api --port 8080 (code=killed, signal=KILL)
   Main PID: 4711 (code=killed, signal=KILL)
        CPU: 42.110s

Mar 03 11:58:19 web1 systemd[1]: api.service: A process of this unit has been killed by the OOM killer.
Mar 03 11:58:20 web1 systemd[1]: api.service: Main process exited, code=killed, status=9/KILL
Mar 03 11:58:20 web1 systemd[1]: api.service: Failed with result 'oom-kill'.
"""

RUNNING = """\
● nginx.service - A high performance web server and a reverse proxy server
     Loaded: loaded (/lib/systemd/system/nginx.service; enabled; vendor preset: enabled)
     Active: active (running) since Tue 2026-03-03 10:00:00 UTC; 2h 0min ago
       Docs: man:nginx(8)
   Main PID: 812 (nginx)
      Tasks: 3 (limit: 4573)
     Memory: 61.0M (max: 64.0M available: 3.0M)
        CPU: 310ms
     CGroup: /system.slice/nginx.service
             ├─812 "nginx: master process /usr/sbin/nginx"
             └─813 "nginx: worker process"
"""

SHOW = """\
Type=simple
Restart=on-failure
NRestarts=5
ExecMainStartTimestamp=Tue 2026-03-03 11:59:58 UTC
ExecMainExitTimestamp=Tue 2026-03-03 11:59:59 UTC
ExecMainCode=1
ExecMainStatus=78
MemoryCurrent=[not set]
MemoryMax=infinity
Result=start-limit-hit
Id=worker.service
LoadState=loaded
ActiveState=failed
SubState=failed
"""


def _read(content: str, component: str = "", at: datetime = NOW, **params: str) -> list[Fact]:
    return read(Evidence("e1", "systemctl.status", component, params, "text/plain", content, at))


def _state(facts: list[Fact]) -> Fact:
    (state,) = [fact for fact in facts if fact.kind == "state"]
    return state


def test_a_unit_killed_for_memory_as_systemctl_prints_it() -> None:
    facts = _read(OOM, "api")
    state = _state(facts)
    assert state.component == "api"
    assert state.number("oom_killed") == 1.0
    assert (state.number("running"), state.number("exit_code"), state.number("signal")) == (0.0, 137.0, 9.0)
    assert state.number("ran_seconds") == 250.5
    assert state.at == datetime(2026, 3, 3, 11, 58, 20, tzinfo=UTC)
    assert "oom" in {fact.values.get("action") for fact in facts if fact.kind == "event"}


def test_a_running_unit_tells_how_much_of_its_memory_it_uses() -> None:
    facts = _read(RUNNING)
    state = _state(facts)
    assert (state.component, state.values["status"]) == ("nginx", "active (running)")
    assert state.number("running") == 1.0
    assert state.number("stopped_on_purpose") == 0.0
    (usage,) = [fact for fact in facts if fact.kind == "usage"]
    assert usage.number("memory_share") == 61 / 64


def test_a_unit_that_systemd_gave_up_on_as_show_tells_it() -> None:
    state = _state(_read(SHOW, "worker"))
    assert state.number("gave_up") == 1.0
    assert state.number("restart_count") == 5.0
    assert state.number("exit_code") == 78.0
    assert state.number("memory_limit_bytes") is None
    assert state.number("ran_seconds") == 1.0


def test_show_and_status_of_one_unit_are_one_state() -> None:
    facts = _read(SHOW + "\n" + OOM.replace("api.service", "worker.service"), "worker")
    assert len([fact for fact in facts if fact.kind == "state"]) == 1


def test_a_unit_that_waits_for_its_next_start_is_restarting() -> None:
    text = """\
● api.service - Orders API
     Loaded: loaded (/etc/systemd/system/api.service; enabled)
     Active: activating (auto-restart) (Result: exit-code) since Tue 2026-03-03 12:59:58 CET; 2s ago
    Process: 99 ExecStart=/opt/api/bin/api (code=exited, status=1/FAILURE)
   Main PID: 99 (code=exited, status=1/FAILURE)
"""
    state = _state(_read(text, "api"))
    assert state.number("restarting") == 1.0
    assert state.number("exit_code") == 1.0
    # The letters of a zone are not believed; how long ago it was is.
    assert state.at == datetime(2026, 3, 3, 11, 59, 58, tzinfo=UTC)


def test_a_stop_by_hand_is_told_from_an_end_of_its_own() -> None:
    stopped = "Id=a.service\nLoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\nExecMainCode=2\n"
    stopped += "ExecMainStatus=15\nExecMainStartTimestamp=Tue 2026-03-03 10:00:00 UTC\nType=simple\n"
    assert _state(_read(stopped)).number("stopped_on_purpose") == 1.0
    by_itself = stopped.replace("ExecMainCode=2", "ExecMainCode=1").replace("Status=15", "Status=0")
    state = _state(_read(by_itself))
    assert (state.number("stopped_on_purpose"), state.number("exit_code")) == (0.0, 0.0)
    assert state.number("running") == 0.0


def test_a_job_that_did_its_work_is_not_down() -> None:
    text = "Id=backup.service\nLoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\nType=oneshot\n"
    assert _state(_read(text)).number("running") is None
    failed = text.replace("inactive", "failed").replace("success", "exit-code")
    state = _state(_read(failed))
    assert (state.number("running"), state.number("oneshot")) == (0.0, 1.0)


def test_a_program_that_cannot_be_executed_is_a_failed_start() -> None:
    text = OOM.replace("Result: oom-kill", "Result: exit-code").replace(
        "killed, signal=KILL", "exited, status=203/EXEC"
    )
    state = _state(_read(text.split("\n\n")[0], "api"))
    assert (state.number("exit_code"), state.number("start_failed")) == (203.0, 1.0)
    assert "EXEC" in str(state.values["start_error"])


def test_each_failed_unit_of_a_list_is_told_under_its_own_name() -> None:
    text = """\
  UNIT           LOAD   ACTIVE SUB    DESCRIPTION
● api.service    loaded failed failed Orders API
  cron.service   loaded active running Regular background program processing daemon
● nginx.service  loaded failed failed A high performance web server

LOAD   = Reflects whether the unit definition was properly loaded.
"""
    facts = _read(text, "web1")
    assert [(fact.component, fact.number("running")) for fact in facts] == [("api", 0.0), ("nginx", 0.0)]


def test_a_unit_that_is_not_there_is_said_to_be_missing() -> None:
    (fact,) = _read("Id=nope.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n", "nope")
    assert (fact.kind, fact.values["load"]) == ("unit", "not-found")


def test_the_component_asked_about_is_the_units_where_it_names_the_unit() -> None:
    assert _state(_read(SHOW, "orders", unit="worker.service")).component == "orders"
    assert _state(_read(SHOW, "orders", unit="other.service")).component == "worker"


def test_rubbish_is_one_fact_that_says_so() -> None:
    for rubbish in ("", "Unit nope.service could not be found.", "\x00\x1b[2J", "Active: failed"):
        assert [fact.kind for fact in _read(rubbish)] == ["unreadable"]


def test_a_start_limit_that_only_the_last_lines_tell_of_counts() -> None:
    text = (
        OOM.replace("oom-kill", "signal")
        + "Mar 03 11:58:20 web1 systemd[1]: api.service: Start request repeated too quickly.\n"
    )
    assert _state(_read(text, "api")).number("gave_up") == 1.0
    assert _state(_read(OOM, "api")).number("gave_up") == 0.0


def test_a_unit_that_ended_is_down_though_its_start_is_not_told_and_a_timers_job_is_not() -> None:
    text = "x api.service - Orders API\n     Loaded: loaded\n"
    text += "     Active: inactive (dead) since Tue 2026-03-03 11:00:00 UTC; 1h ago\n"
    assert _state(_read(text)).number("running") == 0.0
    assert _state(_read(text + "TriggeredBy: * api.timer\n")).number("running") is None
