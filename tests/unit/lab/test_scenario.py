from lamplighter.lab.scenario import EXPECTATIONS, MAIN, LabFailed, LabUnavailable, Scenario, SeenEffect


def test_every_fault_has_its_one_right_end() -> None:
    assert set(EXPECTATIONS) == set(Scenario)


def test_nothing_may_be_done_about_a_wrong_configuration() -> None:
    wanted = EXPECTATIONS[Scenario.BADCONFIG]
    assert (wanted.state, wanted.effects) == ("needs_human", ())


def test_an_effect_is_said_in_words() -> None:
    assert SeenEffect("set_memory_limit", "store").words == "set memory limit store"


def test_a_lab_that_fails_is_told_like_one_that_is_unavailable() -> None:
    assert issubclass(LabFailed, LabUnavailable)


def test_the_demo_shows_a_restart_a_change_and_a_refusal_where_nothing_else_is_asked() -> None:
    assert [len(EXPECTATIONS[scenario].effects) for scenario in MAIN] == [1, 2, 0]


def test_what_only_a_log_or_a_slow_answer_tells_is_handed_to_a_person() -> None:
    handed = {Scenario.LATENCY, Scenario.POOL, Scenario.DISK, Scenario.CRASHLOOP}
    assert {EXPECTATIONS[scenario].state for scenario in handed} == {"needs_human"}
    assert not any(EXPECTATIONS[scenario].effects for scenario in handed)
