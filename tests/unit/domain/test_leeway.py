"""Each mode by name, as the policy itself judges it."""

from __future__ import annotations

from lamplighter.domain.leeway import PARTS_MAX, Leeway, leeways
from lamplighter.domain.plan import Offer, Risk, Verb
from lamplighter.domain.policy import Mode, Rules, parse_sentence
from lamplighter.domain.reach import View
from lamplighter.domain.topology import Component
from lamplighter.testing import NOON

OFFERS = tuple(Offer("docker", verb, Risk.LOW, reversible=False, effect="") for verb in Verb)
RULES = Rules(
    auto=(parse_sentence("restart container sonarr"),),
    never=(parse_sentence("* container db", never=True),),
    protected=frozenset({"prometheus"}),
)


def container(name: str, *, running: bool = True, **labels: str) -> Component:
    return Component("docker", "container", name, f"id-{name}", labels, running)


def by_mode(*parts: Component, rules: Rules = RULES) -> dict[Mode, Leeway]:
    return {one.mode: one for one in leeways(rules, View(parts, OFFERS), NOON)}


def test_each_mode_says_whom_it_means() -> None:
    labelled = container("jellyfin", **{"lamplighter.allow": "restart"})
    found = by_mode(labelled, container("sonarr"), container("db"), container("prometheus"), container("web"))
    assert (found[Mode.WATCH].alone, found[Mode.WATCH].asked, found[Mode.WATCH].never) == ((), (), ())
    assert found[Mode.ASK].alone == ("sonarr",)
    assert found[Mode.ASK].asked == ("jellyfin", "web")
    assert found[Mode.AUTO].alone == ("jellyfin", "sonarr")
    assert found[Mode.AUTO].asked == ("web",)
    assert dict(found[Mode.AUTO].never)["db"] == 'never: "* container db"'
    assert "monitoring that verifies me" in dict(found[Mode.ASK].never)["prometheus"]


def test_what_is_only_looked_at_is_in_no_mode() -> None:
    found = by_mode(Component("systemd", "unit", "sshd", "x"))
    assert found[Mode.AUTO] == Leeway(Mode.AUTO, found[Mode.AUTO].words)


def test_the_sentence_for_the_first_that_is_asked_about_lets_it_be_done_alone() -> None:
    parts = (container("b"), container("a?*"), container("a b"), container("where"))
    sentence = by_mode(*parts)[Mode.ASK].sentence
    assert sentence == "restart container b"
    assert by_mode(*parts, rules=Rules(auto=(parse_sentence(sentence),)))[Mode.ASK].alone == ("b",)
    assert by_mode(container("$(x)"))[Mode.ASK].sentence == ""


def test_names_of_strangers_are_cleaned_and_of_very_many_the_first_are_judged() -> None:
    found = by_mode(container("\u202ex\x1b[2J" + "y" * 999))[Mode.ASK]
    assert not set("\u202e\x1b") & set("".join(found.asked))
    assert len(found.asked[0]) < 300
    many = by_mode(*(container(f"c{number:04}") for number in range(1000)))
    assert len(many[Mode.ASK].asked) == PARTS_MAX


def test_what_is_frozen_is_promised_in_no_mode() -> None:
    parts = (container("sonarr"), container("web"))
    for one in leeways(RULES, View(parts, OFFERS), NOON, frozenset({"id-sonarr", "id-web"}))[1:]:
        assert (one.alone, one.asked, one.sentence) == ((), (), "")
        assert "frozen after a failed fix" in dict(one.never)["sonarr"]
