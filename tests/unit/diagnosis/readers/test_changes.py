from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.changes import family_of, family_of_task, names_component


@pytest.mark.parametrize(
    ("what", "family"),
    [
        ("image store:1.4 became store:1.5", "deploy"),
        ("parameter delaymode1 set to 250", "latency"),
        ("nginx.conf was written", "configuration"),
        ("somebody looked at it", "other"),
    ],
)
def test_the_words_of_a_change_tell_its_family(what: str, family: str) -> None:
    assert family_of(what) == family


@pytest.mark.parametrize(
    ("action", "name", "family"),
    [
        ("ansible.builtin.template", "Deploy the configuration", "configuration"),
        ("community.docker.docker_container", "Run it", "deploy"),
        ("community.docker.docker_compose_v2", "Run it", "deploy"),
        ("systemd", "Restart nginx", "restart"),
        ("ansible.builtin.command", "Roll out release 5", "deploy"),
        ("ansible.builtin.command", "store : Restart it", "restart"),
        ("ansible.builtin.template", "Write the unit that restarts it", "configuration"),
        ("", "Look around", "other"),
    ],
)
def test_a_module_tells_more_than_the_name_of_a_task(action: str, name: str, family: str) -> None:
    assert family_of_task(action, name) == family


def test_a_component_is_named_by_a_word_of_its_own() -> None:
    assert names_component("Restart Store now", "store")
    assert not names_component("Restart store-db, my-store and restore", "store")
    assert not names_component("anything", "")
