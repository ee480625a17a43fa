"""The page of the first steps: read off what is so, sends nothing by itself, and shows strangers' words as text."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lamplighter.domain.access import Role
from lamplighter.domain.first_steps import Seen
from lamplighter.domain.incident import State
from lamplighter.domain.letter import Letter, LetterState
from lamplighter.domain.message import Message
from lamplighter.domain.nearby import Vantage
from lamplighter.domain.plan import Offer, Risk, Verb
from lamplighter.domain.policy import IMAGE_LABEL
from lamplighter.domain.topology import Component
from lamplighter.integrations.telegram.bearer import Bearer
from lamplighter.integrations.telegram.pairing import Stage, Standing
from lamplighter.settings import load_settings
from lamplighter.testing import NOON, firing
from lamplighter.web.console.hub import Key
from lamplighter.web.console.making import Maker
from lamplighter.web.console.welcome import Welcome, again, sentence_lines, told, topic_of
from lamplighter.web.pairing_view import from_outside
from tests.unit.web.console.conftest import SCRIPT, Room, person


def letter(channel: str, state: LetterState, problem: str = "") -> Letter:
    message = Message("k", "", "test", State.RECEIVED, "info", "test", ())
    return Letter("k", channel, message, 1, NOON, NOON, state=state, problem=problem)


@pytest.fixture
def shown(room: Room, tmp_path: Path) -> Room:
    room.app.settings = load_settings(None, {"HOME": str(tmp_path)})
    room.app.signing_key = "s" * 64
    room.app.communicator = SimpleNamespace(posting=SimpleNamespace(channels=()))
    room.app.store.outbox = SimpleNamespace(listed=lambda *_, **__: [])
    room.app.surveying = SimpleNamespace(components=room.parts, away={}, looked=frozenset())
    room.app.world = SimpleNamespace(offers=(), systems=frozenset())
    room.app.patrol = SimpleNamespace(specs=(), watches={})
    return room


def page(room: Room, maker: Maker, role: Role = Role.ADMIN) -> str:
    return Welcome(maker).sheet(room.context, Key("welcome", person=person(role)))["welcome"]


def test_with_nothing_there_each_part_says_what_to_do(shown: Room, maker: Maker) -> None:
    html = page(shown, maker)
    assert "No source knows what runs" in html
    assert "How far you are: 2 of 6" in html
    assert "token_file: /run/secrets/telegram_token" in html
    assert topic_of("s" * 64) in html
    assert "lamplighter demo" in html
    assert "copy whole file" in html


@pytest.mark.parametrize(
    ("health", "words"), [("problem", "what is set did not answer yet"), ("ok", "a source or a check works")]
)
def test_a_source_brings_trouble_once_it_answered(
    shown: Room, maker: Maker, tmp_path: Path, health: str, words: str
) -> None:
    file = tmp_path / "lamplighter.yaml"
    file.write_text("sources: {prometheus: {url: http://127.0.0.1:9090}}", encoding="utf-8")
    shown.app.settings = load_settings(file, {"HOME": str(tmp_path)})
    found = {"area": "sources", "name": "prometheus", "health": health, "detail": "x", "fix": ""}
    shown.context.rounds.found = {"findings": [found]}
    assert words in page(shown, maker)


def test_words_of_strangers_are_text(shown: Room, maker: Maker) -> None:
    labels = {IMAGE_LABEL: f"{SCRIPT}/grafana", SCRIPT: SCRIPT, "lamplighter.state": SCRIPT}
    shown.app.surveying.components = (Component("docker", "container", SCRIPT, "id", labels, running=False),)
    shown.app.surveying.components += (Component("docker", "container", SCRIPT, "id2", labels),)
    html = page(shown, maker)
    assert "<script" not in html
    assert "<img" not in html
    assert "49" not in html.partition("Found nearby")[2].partition("Tell me where")[0]
    assert "cannot stand in an address" in html or "is not open on" in html


def test_a_channel_stands_as_its_newest_message_ended(shown: Room, maker: Maker) -> None:
    letters = [
        letter("a", LetterState.SENT),
        letter("a", LetterState.DEAD, "old"),
        letter("b", LetterState.DEAD, "403"),
    ]
    letters.append(letter("c", LetterState.QUEUED))
    found = {one.name: one for one in told(["a", "b", "c", "d"], letters)}
    assert [found[name].seen for name in "abcd"] == [Seen.YES, Seen.NO, Seen.UNKNOWN, Seen.UNKNOWN]
    assert "403" in found["b"].words
    shown.app.communicator.posting.channels = (SimpleNamespace(name="a"),)
    shown.app.store.outbox.listed = lambda *_, **__: letters
    html = page(shown, maker)
    assert 'data-act="send_test" data-channel="a"' in html
    assert "aria-disabled" not in html
    assert "How far you are: 3 of 6" in html
    assert "aria-disabled" not in page(shown, maker, Role.OPERATOR)
    assert "aria-disabled" in page(shown, maker, Role.VIEWER)


def test_what_is_frozen_is_said_to_be_so(shown: Room, maker: Maker) -> None:
    shown.app.surveying.components = (Component("docker", "container", "web", "id-web"),)
    shown.app.world.offers = (Offer("docker", Verb.RESTART, Risk.LOW, reversible=False, effect=""),)
    assert "frozen after a failed fix" not in page(shown, maker)
    shown.frozen["id-web"] = "it failed"
    assert "frozen after a failed fix" in page(shown, maker)


def test_a_command_is_said_as_it_is_typed_where_one_sits() -> None:
    composed, alone = Vantage(own="x-lamp-1", service="lamp"), Vantage(own="lamp")
    assert (from_outside(composed), again(composed)) == ("docker compose exec lamp ", "docker compose restart lamp")
    assert (from_outside(alone), again(alone)) == ("docker exec lamp ", "docker restart lamp")
    assert (from_outside(Vantage()), again(Vantage(), {})) == ("", "lamplighter serve")
    assert again(Vantage(), {"INVOCATION_ID": "1"}) == "sudo systemctl restart lamplighter"


def test_one_more_sentence_keeps_those_that_are_set_and_a_mode_in_which_it_counts(tmp_path: Path) -> None:
    file = tmp_path / "lamplighter.yaml"
    file.write_text("autonomy: {mode: watch, auto: ['restart container web']}\n", encoding="utf-8")
    lines = sentence_lines(load_settings(file, {"HOME": str(tmp_path)}), "restart container shop")
    assert lines.splitlines() == [
        "autonomy:",
        "  mode: ask",
        "  auto:",
        "  - restart container web",
        "  - restart container shop",
    ]


def test_the_topic_cannot_be_guessed_and_stays_the_same() -> None:
    assert topic_of("a") == topic_of("a") != topic_of("b")
    assert "a" * 8 not in topic_of("a" * 8)


def test_the_rehearsal_says_what_would_be_missing_and_each_line_once(shown: Room, maker: Maker) -> None:
    html = page(shown, maker).partition('id="rehearse"')[2].partition('id="whole"')[0]
    assert "Break something on purpose: 0 of 7" in html
    assert html.count("docker run -d --name rehearsal-canary") == 1
    assert "no Docker engine is among my sources" in html or "nothing would notice" in html


def test_the_canarys_incident_is_linked_from_its_step(shown: Room, maker: Maker) -> None:
    shown.incidents.open(5, firing(f"rehearsal-canary {SCRIPT}", container="rehearsal-canary"))
    html = page(shown, maker)
    assert 'href="/incidents/INC-5"' in html
    assert "<script" not in html


def test_only_an_admin_is_offered_to_pair_a_phone(shown: Room, maker: Maker) -> None:
    assert 'action="/welcome/telegram"' in page(shown, maker)
    assert "@BotFather" in page(shown, maker)
    html = page(shown, maker, Role.OPERATOR)
    assert "/welcome/telegram" not in html
    assert "An admin can connect it here" in html


def pairing_with(room: Room, standing: Standing) -> None:
    found = {"chat": 7, "approvers": [7]} if standing.stage is Stage.ANSWERED else {}
    room.context.pairings = cast("Any", SimpleNamespace(look=lambda _: standing, draft=lambda *_: found))


def test_the_link_its_code_and_its_picture_are_for_admins_alone(shown: Room, maker: Maker) -> None:
    pairing_with(shown, Standing(Stage.WAITING, "lamp_bot", "c0de-c0de"))
    html = page(shown, maker)
    assert "c0de-c0de" in html
    assert "<svg" in html.partition('id="telegram"')[2]
    for role in (Role.VIEWER, Role.OPERATOR, Role.APPROVER):
        html = page(shown, maker, role)
        assert "c0de-c0de" not in html
        assert "lamp_bot" not in html
        assert "<svg" not in html.partition('id="tell"')[2].partition("</section>")[0]


def test_the_whole_file_is_pointed_to_where_there_is_one(shown: Room, maker: Maker, tmp_path: Path) -> None:
    pairing_with(shown, Standing(Stage.ANSWERED, "lamp_bot", bearer=Bearer(7, 7, "<i>Anna")))
    html = page(shown, maker)
    assert "&lt;i&gt;Anna" in html
    assert "below has it already" in html
    file = tmp_path / "lamplighter.yaml"
    checks = "checks: [{name: Up, promql: up, below: 1}]"
    file.write_text(
        f"sources: {{prometheus: {{url: 'http://p:1', bearer_token: sesame}}}}\n{checks}\n", encoding="utf-8"
    )
    file.chmod(0o600)
    shown.app.settings = load_settings(file, {"HOME": str(tmp_path)})
    html = page(shown, maker)
    assert "chat: 7" in html
    assert "below has it already" not in html
