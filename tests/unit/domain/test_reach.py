from __future__ import annotations

import pytest

from lamplighter.domain.plan import Offer, Risk, Verb
from lamplighter.domain.policy import Mode, Rules, parse_sentence
from lamplighter.domain.reach import NAMES_SHOWN_MAX, Reach, View, opening_words, reaches
from lamplighter.domain.topology import Component

OFFERS = tuple(Offer("docker", verb, Risk.LOW, reversible=False, effect="") for verb in Verb)


def container(name: str, *, system: str = "docker", kind: str = "container", **labels: str) -> Component:
    return Component(system, kind, name, f"id-{name}", {key.replace("_", "."): value for key, value in labels.items()})


def rules(*auto: str, never: tuple[str, ...] = (), mode: Mode = Mode.ASK, protected: tuple[str, ...] = ()) -> Rules:
    return Rules(
        mode,
        tuple(parse_sentence(line) for line in auto),
        tuple(parse_sentence(line, never=True) for line in never),
        protected=frozenset(protected),
    )


def one(given: Rules, *parts: Component) -> Reach:
    (found,) = reaches(given, View(parts, OFFERS))
    return found


def test_a_sentence_names_whom_it_means_and_no_other() -> None:
    parts = (container("sonarr", lamplighter_allow="restart"), container("jellyfin", lamplighter_allow="restart"))
    found = one(rules("restart container where label lamplighter.allow=restart"), *parts, container("db"))
    assert found.words == "This lets me restart 2 containers now: jellyfin, sonarr"
    assert set(found.names) == {"jellyfin", "sonarr"}
    assert not found.forbids


def test_what_is_forbidden_is_not_among_what_is_allowed_and_the_reason_is_said() -> None:
    given = rules("restart container where name *", never=("* container db",), protected=("prometheus",))
    allowed, denied = reaches(given, View((container("web"), container("db"), container("prometheus")), OFFERS))
    assert allowed.names == ("web",)
    assert dict(allowed.held_back) == {
        "db": 'never: "* container db"',
        "prometheus": "prometheus is part of me or of the monitoring that verifies me",
    }
    assert allowed.words.startswith("This lets me restart 1 container now: web; not db: never")
    assert denied.words == "This forbids me to restart, start or resize 1 container now: db"


def test_a_label_that_denies_holds_back() -> None:
    found = one(rules("restart container where name *"), container("web", lamplighter_deny="restart"))
    assert found.names == ()
    assert "forbids it" in found.words


def test_what_no_engine_offers_is_not_promised() -> None:
    found = one(rules("restart lxc where tag batch"), container("ct1", system="proxmox", kind="lxc", tags="batch"))
    assert found.names == ()
    assert "This lets me restart nothing now" in found.words
    assert "proxmox offers nothing of the kind" in found.words


def test_a_sentence_that_means_nothing_says_so() -> None:
    assert one(rules("restart lxc where tag batch")).words == (
        "This lets me restart nothing now: I see no lxc that it means"
    )
    assert "I see nothing that it means" in one(rules("* on nas")).words


def test_who_cannot_see_does_not_say_that_there_is_nothing() -> None:
    (found,) = reaches(rules("restart container where name *"), View((), OFFERS, ("docker",)))
    assert found.words == "Whom this lets me restart I cannot tell now: I cannot see docker"


def test_labels_count_only_in_mode_auto() -> None:
    part = container("web", lamplighter_allow="restart, limits")
    assert reaches(rules(mode=Mode.ASK), View((part,), OFFERS)) == ()
    found = reaches(rules(mode=Mode.AUTO), View((part,), OFFERS))
    assert [each.words for each in found] == [
        "This lets me restart 1 container now: web",
        "This lets me raise the memory limit of 1 container now: web",
    ]


def test_a_long_list_is_cut_and_says_how_many_more() -> None:
    parts = [container(f"web-{number:02}") for number in range(NAMES_SHOWN_MAX + 3)]
    words = one(rules("restart container where name web-*"), *parts).words
    assert words.endswith(", and 3 more")
    assert f"{NAMES_SHOWN_MAX + 3} containers" in words


def test_different_kinds_are_things_and_a_process_has_its_plural() -> None:
    mixed = (container("web"), container("store", kind="process"))
    assert "2 things" in one(rules("restart *"), *mixed).words
    two = (container("a", kind="process"), container("b", kind="process"))
    assert "2 processes" in one(rules("restart process where name *"), *two).words


@pytest.mark.parametrize("line", ["delete *", "stop container web", "* on nas"])
def test_a_sentence_that_only_forbids_is_read(line: str) -> None:
    found = one(rules(never=(line,)), container("web"))
    assert found.forbids
    assert found.words.startswith("This forbids")


@pytest.mark.parametrize("mode", list(Mode))
def test_the_mode_is_said_first(mode: Mode) -> None:
    assert opening_words(mode).startswith(f"mode {mode}")
