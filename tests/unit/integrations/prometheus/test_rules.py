from __future__ import annotations

import pytest

from lamplighter.integrations.prometheus.client import RuleSpec
from lamplighter.integrations.prometheus.rules import RULES_KEPT_SECONDS, Rulebook, fitting, identity
from lamplighter.ports import ToolError
from lamplighter.testing import FakeClock, firing

DOWN = RuleSpec("Down", "up == 0", {"severity": "critical", "note": "{{ $labels.job }}"})


class Server:
    def __init__(self, *rules: RuleSpec) -> None:
        self.rules = rules
        self.asked = 0

    async def alerting_rules(self) -> tuple[RuleSpec, ...]:
        self.asked += 1
        return self.rules


def test_fixed_labels_tell_rules_of_one_name_apart() -> None:
    warning = RuleSpec("Down", "up < 1", {"severity": "warning"})
    alert = firing("Down", severity="critical", note="node")
    assert fitting(alert, (DOWN, warning, RuleSpec("Other", "x"))) == (DOWN,)
    assert fitting(firing("Down", severity="info"), (DOWN, warning)) == ()


def test_the_same_rule_in_two_groups_is_one() -> None:
    assert len(fitting(firing("Down", severity="critical"), (DOWN, DOWN))) == 1
    assert len(fitting(firing("Down", severity="critical"), (DOWN, RuleSpec("Down", "up < 1")))) == 2


def test_what_the_rule_sets_is_not_the_series() -> None:
    alert = firing("Down", severity="critical", note="x", job="node")
    assert identity(alert, DOWN).items() >= {"job": "node"}.items()
    assert identity(alert, DOWN).keys().isdisjoint({"alertname", "severity", "note"})


async def test_rules_are_kept_for_a_while_and_read_again_on_a_miss() -> None:
    server, clock = Server(DOWN), FakeClock()
    book = Rulebook(server, clock)
    alert = firing("Down", severity="critical")
    for _ in range(3):
        assert await book.rules_for(alert) == (DOWN,)
    assert server.asked == 1
    clock.advance(RULES_KEPT_SECONDS)
    await book.rules_for(alert)
    assert server.asked == 2
    new = RuleSpec("New", "x > 1")
    server.rules = (DOWN, new)
    assert await book.rules_for(firing("New")) == (new,)
    assert await book.rules_for(firing("Nobody")) == ()
    assert server.asked == 4


async def test_a_server_that_cannot_be_asked_is_said() -> None:
    class Down(Server):
        async def alerting_rules(self) -> tuple[RuleSpec, ...]:
            raise ToolError("refused")

    with pytest.raises(ToolError, match="refused"):
        await Rulebook(Down(), FakeClock()).rules_for(firing("Down"))
