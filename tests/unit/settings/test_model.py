from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from lamplighter.domain.policy import Limits, Mode, Rules
from lamplighter.settings import Configuration

DEFAULTS: dict[str, object] = {
    "site.name": "homelab",
    "site.url": None,
    "site.timezone": "UTC",
    "server.host": "127.0.0.1",
    "server.port": 8460,
    "server.body_bytes_max": 8 * 1024**2,
    "server.console": True,
    "server.stop_grace": 10.0,
    "data_folder": None,
    "store.url": "",
    "store.replica": "",
    "auth.session_lifetime": 7 * 86_400.0,
    "auth.oidc": None,
    "auth.proxy": None,
    "autonomy.mode": "ask",
    "autonomy.auto": [],
    "autonomy.never": [],
    "autonomy.limits.per_target": "3/3600s",
    "autonomy.limits.total": "10/3600s",
    "autonomy.limits.between": 10.0,
    "autonomy.approval_expires": 900.0,
    "sources": {},
    "checks": [],
    "check_every": 300.0,
    "depends": {},
    "notify": {"log": {}},
    "verify.for": 30.0,
    "verify.deadline": 300.0,
    "verify.every": 2.0,
    "maintenance": [],
    "watchdog.alert": "Watchdog",
    "watchdog.within": 900.0,
    "responses.at_once": 8,
    "responses.at_once_in_storm": 4,
    "responses.storm_from": 50,
    "retention.alerts": 30 * 86_400.0,
    "retention.alerts_max": 200_000,
    "retention.incidents": 400 * 86_400.0,
    "retention.incidents_max": 50_000,
    "retention.audit": 400 * 86_400.0,
    "runbooks": None,
}


def read(**tree: object) -> Configuration:
    return Configuration.model_validate(tree)


def problems(**tree: object) -> str:
    with pytest.raises(ValidationError) as refused:
        read(**tree)
    return "\n".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in refused.value.errors())


def leaves(part: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        key = f"{prefix}{info.alias or name}"
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{key}.")
        else:
            yield key, str(value) if type(value).__name__ == "Rate" else value


def test_every_default() -> None:
    assert dict(leaves(read())) == DEFAULTS


def test_every_key_says_what_it_means() -> None:
    def undescribed(model: type[BaseModel]) -> Iterator[str]:
        for name, info in model.model_fields.items():
            if not info.description:
                yield f"{model.__name__}.{name}"
            for kind in (info.annotation, *getattr(info.annotation, "__args__", ())):
                if isinstance(kind, type) and issubclass(kind, BaseModel):
                    yield from undescribed(kind)

    assert list(undescribed(Configuration)) == []


def test_the_configuration_does_not_change_after_reading() -> None:
    with pytest.raises(ValidationError):
        read().server.port = 1  # type: ignore[misc]  # that it may not is what is tested


def test_the_default_rules_ask_before_everything() -> None:
    assert read().autonomy.rules(frozenset()) == Rules(Mode.ASK, (), (), Limits(3, 3600, 10, 3600, 10.0), frozenset())


def test_rules_bear_what_is_written() -> None:
    autonomy = read(
        autonomy={
            "mode": "auto",
            "auto": ["restart container front"],
            "never": ["* on nas", "delete *"],
            "limits": {"per_target": "1/30m", "total": "2/1h", "between": 0},
        }
    ).autonomy
    rules = autonomy.rules(frozenset({"prometheus"}))
    assert (rules.mode, rules.protected) == (Mode.AUTO, frozenset({"prometheus"}))
    assert [sentence.text for sentence in rules.auto] == ["restart container front"]
    assert [sentence.text for sentence in rules.never] == ["* on nas", "delete *"]
    assert rules.limits == Limits(1, 1800, 2, 3600, 0.0)


@pytest.mark.parametrize("port", [0, -1, 65536, 99999, "5O", 1.5, None, "inf", float("inf"), float("nan")], ids=repr)
def test_a_port_that_is_none(port: object) -> None:
    assert problems(server={"port": port}).startswith("server.port: ")


@pytest.mark.parametrize("key", ["port"])
def test_a_truth_is_no_number(key: str) -> None:
    assert problems(server={key: True})


@pytest.mark.parametrize("size", [0, -1, 1023, 64 * 1024**2 + 1, None, "8M"], ids=repr)
def test_a_body_has_a_bound(size: object) -> None:
    assert problems(server={"body_bytes_max": size}).startswith("server.body_bytes_max: ")


@pytest.mark.parametrize("value", [0, -1, "inf", None, "5O", float("inf"), "0/1h", True, "3"], ids=repr)
@pytest.mark.parametrize("key", ["per_target", "total"])
def test_a_limit_is_never_off_by_accident(key: str, value: object) -> None:
    assert problems(autonomy={"limits": {key: value}}).startswith(f"autonomy.limits.{key}: ")


@pytest.mark.parametrize("value", [-1, "inf", None, "5O", float("nan")], ids=repr)
def test_the_pause_between_repeats(value: object) -> None:
    assert problems(autonomy={"limits": {"between": value}})


@pytest.mark.parametrize("mode", ["AUTO", "on", "", None, True, "ask "], ids=repr)
def test_a_mode_is_one_of_three(mode: object) -> None:
    assert "watch" in problems(autonomy={"mode": mode})


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("auto", "delete *"),
        ("auto", "restart"),
        ("auto", ""),
        ("never", "reboot container front"),
        ("never", "restart container where colour red"),
    ],
)
def test_a_sentence_that_cannot_be_read_stops_the_start(key: str, line: str) -> None:
    said = problems(autonomy={key: ["restart *", line]})
    assert said.startswith(f"autonomy.{key}: ")
    assert f'"{line}"' in said


@pytest.mark.parametrize("lines", ["* on nas", {"* on nas": None}, [None], [["* on nas"]]], ids=repr)
def test_sentences_are_a_list_of_lines(lines: object) -> None:
    assert problems(autonomy={"never": lines})


@pytest.mark.parametrize("url", ["mysql://h/x", "postgres://h/x", "h", "sqlite://x"])
def test_a_store_of_another_kind(url: str) -> None:
    assert "is not a store" in problems(store={"url": url})


def test_a_refused_store_does_not_tell_its_password() -> None:
    assert "hunter2" not in problems(store={"url": "mysql://ann:hunter2@h/x"})


@pytest.mark.parametrize("url", ["", "sqlite:////data/x.db", "postgresql://h/x", "postgresql+psycopg://h/x"])
def test_a_store(url: str) -> None:
    assert read(store={"url": url}).store.url == url


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "Europe/Londn", "../../etc/passwd"])
def test_a_time_zone_that_does_not_exist(zone: str) -> None:
    assert problems(site={"timezone": zone})


def test_a_deadline_before_the_dwell_is_refused() -> None:
    assert problems(verify={"for": "10m", "deadline": "5m"})


def test_the_dwell_is_written_as_for() -> None:
    assert read(verify={"for": "5s"}).verify.dwell == 5


def test_two_checks_of_one_name() -> None:
    said = problems(checks=[{"name": "x", "disk": "/"}, {"name": "y", "disk": "/"}, {"name": "x", "tcp": "h:1"}])
    assert '"x"' in said


def test_there_is_a_most_of_checks() -> None:
    assert problems(checks=[{"name": f"c{number}", "disk": "/"} for number in range(1001)])


@pytest.mark.parametrize(
    "tree", [{"depends": {"a": "b"}}, {"depends": ["a"]}, {"sources": ["docker"]}, {"notify": "log"}]
)
def test_the_shape_of_the_rest(tree: dict[str, object]) -> None:
    assert problems(**tree)


def test_checks_keep_the_pace_of_all_unless_they_have_their_own() -> None:
    checks = [{"name": "a", "disk": "/"}, {"name": "b", "disk": "/", "every": "10s"}]
    assert [spec.every_seconds for spec in read(checks=checks, check_every="1m").check_specs] == [60, 10]


def test_a_maintenance_window_keeps_the_sites_time_unless_it_has_its_own() -> None:
    windows = read(
        site={"timezone": "Europe/London"},
        maintenance=[
            {"name": "a", "when": "Sun 02:00-04:00", "targets": ["nas"]},
            {"name": "b", "when": "daily 03:00-03:30", "targets": ["*"], "timezone": "Asia/Tokyo"},
        ],
    ).windows
    assert [window.timezone for window in windows] == ["Europe/London", "Asia/Tokyo"]


@pytest.mark.parametrize("when", ["", "someday", "Sun 25:00-26:00", "Sun 02:00"])
def test_a_maintenance_window_that_cannot_be_read(when: str) -> None:
    assert problems(maintenance=[{"name": "a", "when": when, "targets": ["nas"]}]).startswith("maintenance.0")


@pytest.mark.parametrize(
    "tree",
    [
        {"responses": {"at_once": 0}},
        {"responses": {"at_once": True}},
        {"responses": {"storm_from": 1}},
        {"retention": {"alerts_max": 10}},
        {"retention": {"alerts": 0}},
        {"watchdog": {"within": "0s"}},
        {"watchdog": {"alert": ""}},
        {"maintenance": [{"name": "a", "when": "daily 03:00-03:30", "targets": []}]},
    ],
    ids=str,
)
def test_bounds_that_make_no_sense(tree: dict[str, object]) -> None:
    assert problems(**tree)
