from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.topology import SERVICE_LABEL, Component, Edge
from lamplighter.integrations.ansible.run import (
    Run,
    Task,
    hosts_of,
    is_one_of,
    moment,
    names_any,
    touches,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORE = Component("docker", "container", "shop-store-1", "c1", {SERVICE_LABEL: "store"})
GUEST = Component("proxmox", "lxc", "web01", "lxc/1", edges=(Edge("web01", "pve1", "runs_on"), Edge("web01", "db")))


def test_a_component_runs_on_itself_on_its_node_and_on_what_the_rules_say() -> None:
    assert hosts_of(GUEST, {}) == {"web01", "pve1"}
    assert hosts_of(STORE, {"shop-*": "nas", "other": "pi"}) == {"shop-store-1", "store", "nas"}


@pytest.mark.parametrize(
    ("host", "one", "same"),
    [("nas.lan", "nas", True), ("NAS", "nas", True), ("nas2", "nas", False), ("10.0.0.7", "10.0.0.8", False)],
)
def test_a_host_is_the_same_with_or_without_its_domain(host: str, one: str, same: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert is_one_of(host, [one]) is same


def test_a_run_touches_what_it_did_something_on_or_names() -> None:
    there = Run("site.yml", hosts={"nas.lan": {"ok": 3}})
    named = Run("site.yml", hosts={"pi": {}}, changed=[Task("Restart store", "service", "pi")])
    other = Run("site.yml", hosts={"pi": {}}, changed=[Task("Restart store-db", "service", "pi")])
    hosts = frozenset({"nas"})
    assert [touches(run, STORE, hosts) for run in (there, named, other)] == [True, True, False]


def test_a_run_lies_in_a_window_where_any_part_of_it_does() -> None:
    def within(start: datetime | None, end: datetime | None) -> bool:
        return Run("x", start, end).is_within(AT - HOUR, AT)

    assert within(AT - 2 * HOUR, AT - HOUR / 2)
    assert within(AT - HOUR / 2, None)
    assert within(None, AT)
    assert not within(AT + HOUR, AT + 2 * HOUR)
    assert not within(AT - 3 * HOUR, AT - 2 * HOUR)
    assert not within(None, None)


def test_what_is_told_begins_with_what_concerns_the_component_and_is_bounded() -> None:
    tasks = [Task(f"Write {number}", "copy", "pi") for number in range(99)] + [Task("Restart store", "service", "pi")]
    told = Run("site.yml", AT, None, {f"h{number}": {} for number in range(99)}, tasks).told(["store"], frozenset())
    changed, hosts = told["changed"], told["hosts"]
    assert isinstance(changed, list)
    assert isinstance(hosts, dict)
    assert changed[0]["task"] == "Restart store"
    assert (len(changed), told["changed_count"], len(hosts)) == (50, 100, 50)


def test_a_moment_without_a_zone_is_utc() -> None:
    assert moment("2026-03-01T12:00:00.5Z") == AT + timedelta(seconds=0.5)
    assert moment("2026-03-01T12:00:00") == AT
    assert [moment(odd) for odd in ("", "soon", None, 5, "0001-01-01T00:00:00+14:00")] == [None] * 5


def test_an_empty_name_is_named_by_nothing() -> None:
    assert not names_any("anything at all", [""])
