from lamplighter.lab.scenario import SeenEffect
from lamplighter.lab.witness import beyond, docker_effects, guard_effects, supervisord_effects

RESTART = SeenEffect("restart", "orders")


def supervisord(*lines: str) -> str:
    return "".join(f"2026-11-21 01:21:45,227 {line}\n" for line in lines)


def test_a_stop_and_a_spawn_are_one_restart() -> None:
    log = supervisord(
        "INFO waiting for orders to stop",
        "INFO stopped: orders (exit status 0)",
        "INFO spawned: 'orders' with pid 9186",
        "INFO success: orders entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
    )
    assert supervisord_effects(log) == (RESTART,)


def test_a_process_that_was_killed_and_is_spawned_was_started() -> None:
    log = supervisord("WARN exited: store (terminated by SIGKILL; not expected)", "INFO spawned: 'store' with pid 9187")
    assert supervisord_effects(log) == (SeenEffect("start", "store"),)


def test_what_had_to_be_killed_to_be_stopped_was_stopped_all_the_same() -> None:
    log = supervisord("WARN stopped: orders (terminated by SIGKILL)", "INFO spawned: 'orders' with pid 9186")
    assert supervisord_effects(log) == (RESTART,)


def test_what_supervisord_starts_again_by_itself_is_nobodys_effect() -> None:
    fall = ("WARN exited: store (exit status 1; not expected)", "INFO spawned: 'store' with pid 1")
    stop = ("INFO stopped: orders (exit status 0)", "INFO spawned: 'orders' with pid 2")
    assert supervisord_effects(supervisord(*fall, *fall), restarts_itself=True) == ()
    assert supervisord_effects(supervisord(*fall, *stop), restarts_itself=True) == (RESTART,)


def test_each_process_is_paired_with_itself() -> None:
    log = supervisord("INFO stopped: front (exit status 0)", "INFO spawned: 'store' with pid 1")
    assert supervisord_effects(log) == (SeenEffect("stop", "front"), SeenEffect("start", "store"))


def test_two_restarts_are_two() -> None:
    once = ("INFO stopped: orders (exit status 0)", "INFO spawned: 'orders' with pid 1")
    assert supervisord_effects(supervisord(*once, *once)) == (RESTART, RESTART)


def test_only_set_limits_count_in_the_guards_log() -> None:
    log = (
        "memory guard: store killed: it used 71.4 MiB, its limit is 64 MiB\n"
        "2026-11-21T01:21:45Z memory guard: limit of store is now 134217728 bytes\n"
    )
    assert guard_effects(log) == (SeenEffect("set_memory_limit", "store"),)


def docker(*actions: str, name: str = "orders") -> list[dict[str, object]]:
    return [{"Type": "container", "Action": action, "Actor": {"Attributes": {"name": name}}} for action in actions]


def test_docker_tells_one_restart_by_five_events() -> None:
    assert docker_effects(docker("kill", "die", "stop", "start", "restart")) == (RESTART,)


def test_an_out_of_memory_kill_is_nobodys_effect() -> None:
    assert docker_effects(docker("oom", "die")) == ()


def test_docker_limits_and_starts() -> None:
    seen = docker_effects(docker("update", "start", name="store"))
    assert seen == (SeenEffect("set_memory_limit", "store"), SeenEffect("start", "store"))


def test_what_nobody_expects_still_counts() -> None:
    assert docker_effects(docker("exec_create: sh -c rm", "destroy")) == (
        SeenEffect("exec_create", "orders"),
        SeenEffect("destroy", "orders"),
    )


def test_beyond_is_what_was_not_expected_or_came_once_too_often() -> None:
    front = SeenEffect("restart", "front")
    assert beyond((RESTART,), (RESTART, front, RESTART)) == (front, RESTART)
    assert beyond((RESTART,), ()) == ()
