from lamplighter.cli.demo import Choice
from lamplighter.lab.scenario import MAIN, Scenario


def test_every_scenario_can_be_chosen_alone_and_two_words_choose_several() -> None:
    assert {choice.value for choice in Choice} == {"main", "all", *map(str, Scenario)}
    assert Choice.CRASHLOOP.scenarios == (Scenario.CRASHLOOP,)
    assert Choice.MAIN.scenarios == MAIN
    assert Choice.ALL.scenarios == tuple(Scenario)
