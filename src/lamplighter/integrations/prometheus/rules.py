"""Finds the alerting rule that an alert came from, among those the server runs now."""

from __future__ import annotations

from lamplighter.domain.alert import Alert
from lamplighter.integrations.prometheus.client import PrometheusClient, RuleSpec
from lamplighter.ports import Clock

RULES_KEPT_SECONDS = 30.0
_TEMPLATE = "{{"


class Rulebook:
    """The server's alerting rules, asked for again after 30 s, and at once where a name is not among them."""

    def __init__(self, client: PrometheusClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._rules: tuple[RuleSpec, ...] = ()
        self._read_at = -RULES_KEPT_SECONDS

    async def rules_for(self, alert: Alert) -> tuple[RuleSpec, ...]:
        """The rules that this alert may come from, alike ones once; empty where there is none. Raises `ToolError`."""
        found: tuple[RuleSpec, ...] = ()
        if self._clock.monotonic() - self._read_at < RULES_KEPT_SECONDS:
            found = fitting(alert, self._rules)
        if not found:
            # The age counts from before the question, so that an answer is never taken for newer than it is.
            asked_at = self._clock.monotonic()
            self._rules = await self._client.alerting_rules()
            self._read_at = asked_at
            found = fitting(alert, self._rules)
        return found


def fitting(alert: Alert, rules: tuple[RuleSpec, ...]) -> tuple[RuleSpec, ...]:
    """Rules of the alert's name whose fixed labels are the alert's; two with the same expression and labels are one."""
    name = alert.labels.get("alertname")
    named = (rule for rule in rules if rule.name == name)
    found = [rule for rule in named if all(alert.labels.get(key) == value for key, value in _fixed(rule))]
    alike = {(rule.query, tuple(sorted(rule.labels.items()))): rule for rule in found}
    return tuple(alike.values())


def identity(alert: Alert, rule: RuleSpec) -> dict[str, str]:
    """The alert's labels that come from its series: neither the rule's name nor what the rule itself sets."""
    return {key: value for key, value in alert.labels.items() if key != "alertname" and key not in rule.labels}


def _fixed(rule: RuleSpec) -> list[tuple[str, str]]:
    return [(key, value) for key, value in rule.labels.items() if value and _TEMPLATE not in value]
