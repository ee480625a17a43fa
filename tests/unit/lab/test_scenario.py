from lamplighter.lab.scenario import EXPECTATIONS, LabFailed, LabUnavailable, Scenario, SeenEffect


def test_every_fault_has_its_one_right_end() -> None:
    assert set(EXPECTATIONS) == set(Scenario)


def test_nothing_may_be_done_about_a_wrong_configuration() -> None:
    wanted = EXPECTATIONS[Scenario.BADCONFIG]
    assert (wanted.state, wanted.effects) == ("needs_human", ())


def test_an_effect_is_said_in_words() -> None:
    assert SeenEffect("set_memory_limit", "store").words == "set memory limit store"


def test_a_lab_that_fails_is_told_like_one_that_is_unavailable() -> None:
    assert issubclass(LabFailed, LabUnavailable)
