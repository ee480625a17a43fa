"""The first steps are read off what is so; a line to copy is a line that works as it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.checkup import CHANNEL_LINE, ENGINE_LINE
from lamplighter.domain.first_steps import Progress, Seen, finding_rows, inventory_rows, line_of, steps
from lamplighter.domain.topology import STATE_LABEL, Component

NOTHING = Progress(components=0, blind=0, listens=False, hears=False, channels=0, delivered=0, mode="ask", incidents=0)


def container(name: str, state: str = "running") -> Component:
    return Component("docker", "container", name, f"id-{name}", {STATE_LABEL: state}, state == "running")


def test_what_runs_is_told_by_number_and_what_does_not_by_name() -> None:
    parts = [container("a"), container("b", "unhealthy"), container("c", "restarting"), container("d", "unhealthy")]
    (row,) = inventory_rows(parts, {}, looked=True)
    assert (row.seen, row.name) == (Seen.YES, "docker")
    assert row.words == "4 containers; 1 restarting: c; 2 unhealthy: b, d"
    (well,) = inventory_rows(parts[:1], {}, looked=True)
    assert well.words == "1 container, all of them running"


def test_what_is_away_or_not_looked_at_is_not_called_seen() -> None:
    (away,) = inventory_rows([container("a")], {"docker": "refused"}, looked=True)
    assert (away.seen, "as last seen" in away.words) == (Seen.UNKNOWN, True)
    (waiting,) = inventory_rows([], {}, looked=False)
    assert waiting.seen is Seen.UNKNOWN
    assert inventory_rows([], {}, looked=True) == ()


def test_very_many_names_are_cut_and_cleaned() -> None:
    (row,) = inventory_rows([container(f"n{n}\u202e" + "x" * 500, "exited\x1b") for n in range(50)], {}, looked=True)
    assert "and 44 more" in row.words
    assert len(row.words) < 1000
    assert not set("\u202e\x1b") & set(row.words)


def finding(area: str, name: str, health: str, fix: str = "") -> dict[str, str]:
    return {"area": area, "name": name, "health": health, "detail": "d", "fix": fix}


def test_findings_keep_an_order_and_what_has_a_place_of_its_own_is_left_to_it() -> None:
    found = finding_rows(
        [
            finding("clock", "time", "unknown"),
            finding("set-up", "engines", "warning"),
            finding("channels", "ntfy", "note"),
            finding("sources", "docker", "ok"),
            finding("sources", "loki", "problem", "curl -m 5 http://x; or take it out"),
        ],
        {"docker"},
    )
    assert [(row.name, row.seen) for row in found] == [("sources, loki", Seen.NO), ("clock, time", Seen.UNKNOWN)]
    assert (found[0].line, found[0].fix) == ("curl -m 5 http://x", "or take it out")
    assert finding_rows([finding("sources", "docker", "problem")], {"docker"})


@pytest.mark.parametrize(
    ("fix", "line"),
    [
        (
            "sudo usermod -aG docker $USER, then sign in again; safer is a socket proxy: x",
            "sudo usermod -aG docker $USER",
        ),
        ("sudo timedatectl set-ntp true, then start again", "sudo timedatectl set-ntp true"),
        ("chmod 700 /data", "chmod 700 /data"),
        ("lamplighter setup-url", "lamplighter setup-url"),
        ("site: {url: http://this-machine:8460}", "site: {url: http://this-machine:8460}"),
        (ENGINE_LINE, "sources: {docker: {}}"),
        (CHANNEL_LINE, "notify: {ntfy: {topic: a-long-word-nobody-guesses}}"),
        ("correct sources.loki, or take it out", ""),
        ("start what should listen at http://x, or correct its address in sources.loki", ""),
        ("sudo docker\nrm -rf /", ""),
        ("", ""),
    ],
)
def test_only_what_works_as_it_stands_is_a_line_to_copy(fix: str, line: str) -> None:
    assert line_of(fix) == line


def test_each_step_is_done_when_it_is_so_and_not_before() -> None:
    done = [one.name for one in steps(NOTHING) if one.done]
    assert done == ["I can let you in", "You know how far I may go"]
    whole = replace(NOTHING, components=3, hears=True, channels=1, delivered=1, incidents=1)
    assert all(one.done for one in steps(whole))
    assert not steps(replace(whole, blind=1))[1].done
    assert not steps(replace(whole, delivered=0))[3].done
    assert steps(replace(NOTHING, incidents=2))[2].done


def test_a_source_that_is_set_and_does_not_answer_brings_no_trouble() -> None:
    heard = steps(replace(NOTHING, listens=True))[2]
    assert (heard.done, heard.words) == (False, "what is set did not answer yet")
