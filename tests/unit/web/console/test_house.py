"""Components say what may be done to them and why, as the policy itself judges it."""

from __future__ import annotations

from lamplighter.domain.plan import Offer, Risk, Verb
from lamplighter.domain.policy import Mode, Record, Rules, parse_sentence
from lamplighter.domain.topology import Component
from lamplighter.testing import NOON
from lamplighter.web.console.house import Shown, shown_component, worst_first

OFFERS = (
    Offer("docker", Verb.RESTART, Risk.LOW, reversible=False, effect="a pause"),
    Offer("docker", Verb.SET_MEMORY_LIMIT, Risk.MEDIUM, reversible=True, effect="more"),
    Offer("proxmox", Verb.START, Risk.LOW, reversible=True, effect="starts"),
)
RULES = Rules(
    Mode.ASK,
    auto=(parse_sentence("restart container jellyfin"),),
    never=(parse_sentence("* on nas", never=True),),
    protected=frozenset({"prometheus"}),
)


def shown(name: str, *, frozen: bool = False) -> Shown:
    part = Component("docker", "container", name, f"id-{name}")
    held = {part.id: "undoing failed"} if frozen else {}
    record = Record(NOON, frozen=frozenset(held), components=(part,))
    return shown_component(part, OFFERS, RULES, record, held, {})


def rulings(one: Shown) -> dict[str, str]:
    return {may.verb: may.ruling for may in one.permissions}


def test_what_a_sentence_allows_is_done_alone_and_the_rest_is_asked_for() -> None:
    assert rulings(shown("jellyfin")) == {"restart": "allowed", "set_memory_limit": "needs_approval"}
    assert shown("jellyfin").permissions[0].reason == '"restart container jellyfin"'
    assert shown("jellyfin").permissions[1].reason == ""


def test_what_is_forbidden_protected_or_frozen_is_refused_with_the_reason() -> None:
    assert set(rulings(shown("nas")).values()) == {"refused"}
    assert "* on nas" in shown("nas").permissions[0].reason
    assert "monitoring that verifies me" in shown("prometheus").permissions[0].reason
    assert shown("sonarr", frozen=True).frozen == "undoing failed"
    assert "frozen" in shown("sonarr", frozen=True).permissions[0].reason


def test_what_no_engine_offers_is_only_looked_at() -> None:
    part = Component("systemd", "unit", "sshd", "id")
    assert shown_component(part, OFFERS, RULES, Record(NOON, components=(part,)), {}, {}).permissions == ()


def test_what_needs_mending_is_shown_worst_first_and_what_is_well_is_not() -> None:
    found = [{"name": name, "health": health} for name, health in (("a", "note"), ("b", "ok"), ("c", "problem"))]
    assert [one["name"] for one in worst_first(found)] == ["c", "a"]
    assert worst_first(()) == []
