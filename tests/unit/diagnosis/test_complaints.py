from __future__ import annotations

import pytest

from lamplighter.diagnosis.complaints import COMPLAINTS_EACH_MAX, complaints_of
from lamplighter.diagnosis.naming import naming_of
from lamplighter.domain.evidence import Fact
from lamplighter.domain.topology import Edge
from tests.unit.diagnosis.home import Home


def _of(home: Home) -> list[Fact]:
    case = home.case()
    return complaints_of(case, naming_of(case, []))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("dial tcp: lookup stock on 127.0.0.11:53: no such host", "dns"),
        ("connect to stock:8080 failed: Connection refused", "refused"),
        ("GET http://stock:8080/items: context deadline exceeded", "timeout"),
        ("connect stock: No route to host", "no_route"),
        ("stock answered HTTP 503", "failing"),
    ],
)
def test_a_line_that_names_another_complains_of_it(line: str, error: str) -> None:
    (fact,) = _of(Home(components=("cart", "stock")).log("cart", line, line))
    assert (fact.kind, fact.component, fact.values["by"]) == ("complaint", "stock", "cart")
    assert (fact.values["error"], fact.values["count"]) == (error, 2.0)


def test_a_line_that_names_nobody_complains_of_nobody() -> None:
    assert _of(Home(components=("cart", "stock")).log("cart", "Connection refused")) == []


def test_a_load_balancer_names_the_server_that_it_lost() -> None:
    line = "Server farm/web-2 is DOWN, reason: Layer7 wrong status, code: 500"
    (fact,) = _of(Home(components=("lb", "web-1", "web-2")).log("lb", line))
    assert (fact.component, fact.values["error"]) == ("web-2", "unhealthy")


def test_a_lock_is_one_of_the_database_that_the_writer_uses() -> None:
    home = Home(components=("till", "till-db"), edges=(Edge("till", "till-db", "stores_in"),))
    (fact,) = _of(home.log("till", "ERROR Deadlock found when trying to get lock"))
    assert (fact.component, fact.values["error"]) == ("till-db", "locked")


def test_one_writer_leaves_room_for_the_complaints_of_others() -> None:
    names = tuple(f"part-{number}" for number in range(40))
    home = Home(components=("loud", "quiet", "stock", *names))
    home.log("loud", *(f"connect to {name}:80 failed: Connection refused" for name in names))
    home.log("quiet", "connect to stock:8080 failed: Connection refused")
    found = _of(home)
    assert sum(fact.values["by"] == "loud" for fact in found) == COMPLAINTS_EACH_MAX
    assert [fact.component for fact in found if fact.values["by"] == "quiet"] == ["stock"]
