"""The demo as a function: what it says on the way, what it reports, and what it says where it cannot run."""

from __future__ import annotations

import pytest

from lamplighter.lab.demo import LabUnavailable, Scenario, Stage, run_demo


def test_each_thing_that_happens_is_said_in_order() -> None:
    said: list[str] = []
    report = run_demo(Stage.LOCAL, [Scenario.HANG], said.append)
    assert report.as_expected, report.as_json()
    words = [line.split(" s ", maxsplit=1)[1].split()[0] for line in said if " s  " in line]
    shown = [word for word in dict.fromkeys(words) if word != "council"]
    assert shown == ["fault", "alert", "cause", "plan", "policy", "act", "done", "verified", "end"]
    assert sum("council" in line for line in said) == 3
    assert said[-2].endswith("memory guard's: restart orders")
    assert report.closing_line().startswith("demo: 1 incident, 1 resolved and verified, 0 handed to a person")


def test_a_missing_program_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LabUnavailable, match=r"apt-get install docker\.io"):
        run_demo(Stage.DOCKER, [Scenario.HANG], lambda _: None)
