"""The whole way of a message: from an alert to a phone, and from a press on the phone to the effect."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.domain.alert import Delivery
from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import State
from lamplighter.domain.letter import LetterState
from lamplighter.integrations.ntfy.simulator import simulated_ntfy
from lamplighter.integrations.telegram.simulator import simulated_bot
from lamplighter.testing import firing
from tests.integration.workflow import messaging
from tests.integration.workflow.conftest import Finds
from tests.integration.workflow.messaging import CHAT, OWNER, SECONDS_MAX, House, eventually, http, state

STRANGER = 666
REFUSED = {401, 403, 404, 405}
ROOT = Path(__file__).parents[3]
OVER = {LetterState.SENT, LetterState.SUPERSEDED}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with simulated_bot() as bot, simulated_ntfy() as ntfy:
        yield House(tmp_path, bot, ntfy)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_house(request: pytest.FixtureRequest, house: House) -> Iterator[House]:
    """On either database."""
    if request.param == "postgres":
        house.store = request.getfixturevalue("new_postgres_url")()
    yield house
    # The library of the durable steps leaves its connections to the collector, which would complain in another test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def test_a_no_counts_at_once_and_its_reason_is_asked_for_once(any_house: House) -> None:
    house = any_house
    house.approvers = "{7: anna}"
    async with house.life() as app:
        incident, number = await house.asked(app)
        house.bot.press(number, "❌", OWNER)
        await eventually(lambda: state(app, incident) is State.REJECTED)
        await eventually(lambda: house.shows("why not"))
        question = house.shows("why not")
        assert house.bot.messages[question]["text"].startswith(f'<a href="tg://user?id={OWNER}">anna</a>')
        house.bot.say("sneaking in", STRANGER, CHAT, reply_to=question)
        house.bot.say("guests are here", OWNER, CHAT, reply_to=question)
        await eventually(lambda: house.shows("written down"))
        await eventually(lambda: house.shows("<b>Why</b>: guests are here"))
        house.bot.say("and they stay", OWNER, CHAT, reply_to=question)
        await eventually(lambda: house.shows("written down already"))
        (approval,) = app.store.approvals.of_incident(incident.id)
        assert (approval.approver, approval.reason) == (f"telegram:{OWNER}", "guests are here")
        texts = [event.text for event in app.store.incidents.timeline(incident.id)]
    assert "anna (telegram) said no; nothing was done" in texts
    assert [text for text in texts if "said why not" in text] == ["anna (telegram) said why not: guests are here"]
    assert "anna (telegram) said no" in house.bot.messages[house.shows("Denied")]["text"]
    assert not house.engine.effects


async def test_an_hour_of_silence_from_the_phone_mutes_and_shows(any_house: House) -> None:
    house = any_house
    house.mode = "watch"
    async with house.life() as app:
        incident = await house.trouble(app)
        await eventually(lambda: house.shows("I need you") or house.shows("Trouble"))
        await eventually(lambda: any(_can(house, number, "Silence") for number in tuple(house.bot.messages)))
        number = next(number for number in tuple(house.bot.messages) if _can(house, number, "Silence"))
        press = house.bot.press(number, "Silence", OWNER)
        assert "silent until" in await house.noticed(press)
        (made,) = app.store.silences.listed(now=app.clock.now())
        assert made.author == f"telegram:{OWNER}"
        assert app.quiet.muted(incident.alert.labels, "jellyfin")
        async with http(app) as client:
            client.headers["authorization"] = f"Bearer {app.token}"
            shown = (await client.get("/api/v1/silences")).json()["silences"]
    assert [one["id"] for one in shown] == [made.id]


async def test_the_verdict_on_a_cause_is_written_once(any_house: House) -> None:
    house = any_house
    async with house.life() as app:
        incident, number = await house.asked(app)
        house.bot.press(number, "✅", OWNER)
        await eventually(lambda: house.shows("Resolved"))
        number = house.shows("Resolved")
        token = house.bot.messages[number]["reply_markup"]["inline_keyboard"][0][1]["callback_data"]
        press = house.bot.press_with(token, number, OWNER)
        assert "wrong cause" in await house.noticed(press)
        await eventually(lambda: "Noted: wrong cause" in house.bot.messages[number]["text"])
        again = house.bot.press_with(token, number, OWNER)
        assert "used already" in await house.noticed(again)
        said = [one for one in app.store.incidents.timeline(incident.id) if one.data.get("cause") == "wrong"]
    assert len(said) == 1
    assert [row[0]["text"] for row in house.bot.messages[number]["reply_markup"]["inline_keyboard"]] == ["Report"]


def _can(house: House, number: int, label: str) -> bool:
    rows = house.bot.messages.get(number, {}).get("reply_markup", {}).get("inline_keyboard", [])
    return any(one["text"].startswith(label) for row in rows for one in row)


async def test_a_yes_on_the_phone_fixes_it_and_one_message_ends_green(house: House) -> None:
    async with house.life() as app:
        incident, number = await house.asked(app)
        assert not house.engine.effects
        press = house.bot.press(number, "✅", OWNER)
        assert "yes" in await house.noticed(press)
        await eventually(lambda: state(app, incident) is State.RESOLVED)
        await eventually(lambda: house.shows("Resolved"))
        assert house.engine.effects == [("restart", "jellyfin")]
        await eventually(lambda: len(house.bot.messages) == 1)
        (approval,) = app.store.approvals.of_incident(incident.id)
        assert (approval.approver, approval.state) == ("telegram:7", ApprovalState.CONSUMED)
        last = house.bot.messages[house.shows("Resolved")]
        (verdicts, (report,)) = last["reply_markup"]["inline_keyboard"]
        assert [one["text"][2:] for one in verdicts] == ["Right cause", "Wrong cause"]
        assert report == {"text": "Report", "url": f"http://lamplighter.test/incidents/{incident.id}"}
        # The end of what people were asked for is pushed, and so is the question.
        assert last["disable_notification"] is False
        await eventually(lambda: ["Resolved" in one["title"] for one in tuple(house.ntfy.shown.values())] == [True])
    # What only changed in place made no sound, and in the end there is one message.
    assert [one["priority"] for one in house.ntfy.published if one["priority"] > 2] == [5, 5, 3]
    assert len(house.ntfy.shown) == 1


async def test_a_no_leaves_everything_as_it_is_and_the_message_says_so(house: House) -> None:
    async with house.life() as app:
        incident, number = await house.asked(app)
        house.bot.press(number, "❌", OWNER)
        await eventually(lambda: state(app, incident) is State.REJECTED)
        await eventually(lambda: house.shows("Denied"))
    assert not house.engine.effects
    assert house.shows("Denied") == number


async def test_the_first_answer_wins_and_the_other_message_changes(house: House) -> None:
    async with house.life() as app:
        incident, number = await house.asked(app)
        keyboard = house.bot.messages[number]["reply_markup"]["inline_keyboard"]
        token = keyboard[0][0]["callback_data"]
        (approval,) = app.store.approvals.of_incident(incident.id)
        async with http(app) as client:
            client.headers["authorization"] = f"Bearer {app.token}"
            answer = await client.post(f"/api/v1/approvals/{approval.id}/deny", json={"reason": "not now"})
        assert answer.status_code == 200
        late = house.bot.press_with(token, number, OWNER)
        assert "denied" in await house.noticed(late)
        await eventually(lambda: house.shows("Denied"))
    assert not house.engine.effects


async def test_an_amended_question_takes_the_place_of_the_old_one_and_old_buttons_say_by_whom(house: House) -> None:
    house.finds = Finds("jellyfin", "oom_killed")
    async with house.life() as app:
        incident, number = await house.asked(app)
        await eventually(lambda: len(house.ntfy.published) == 2)
        token = house.bot.messages[number]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        (first,) = app.store.approvals.of_incident(incident.id)
        async with http(app) as client:
            client.headers["authorization"] = f"Bearer {app.token}"
            body = {"plan_hash": first.plan_hash, "keep": [2], "reason": "the limit stays"}
            answer = await client.post(f"/api/v1/approvals/{first.id}/amend", json=body)
        assert (answer.status_code, answer.json()["state"]) == (200, "amended")
        await eventually(lambda: "amended the plan" in house.bot.messages[number]["text"])
        assert house.shows("May I") == number
        assert "raise the memory limit of jellyfin to 128 MiB: struck out" in house.bot.messages[number]["text"]
        keyboard = house.bot.messages[number]["reply_markup"]["inline_keyboard"]
        assert keyboard[0][0]["text"].endswith("Start jellyfin")
        late = house.bot.press_with(token, number, OWNER)
        assert f"the question is amended by {answer.json()['approver']}" in await house.noticed(late)
        assert not house.engine.effects
        # On the other phone the question changes in place too, with buttons that count, and wakes nobody.
        await eventually(lambda: len(house.ntfy.published) == 3)
        assert (house.ntfy.published[2]["priority"], len(house.ntfy.published[2]["actions"])) == (2, 3)
        assert list(house.ntfy.shown.values()) == [house.ntfy.published[2]]
        house.bot.press(number, "✅", OWNER)
        await eventually(lambda: state(app, incident) is State.RESOLVED)
    assert house.engine.effects == [("start", "jellyfin")]


async def test_presses_that_prove_nothing_do_nothing(house: House) -> None:
    """A4: another user, another chat, a forged token, a forged incident id; and a replayed press counts once."""
    async with house.life() as app:
        incident, number = await house.asked(app)
        token = house.bot.messages[number]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        wrong = [
            house.bot.press_with(token, number, STRANGER),
            house.bot.press_with(token, number, OWNER, chat=CHAT + 1),
            house.bot.press_with("A" * 22, number, OWNER),
            house.bot.press_with(f"approve:{incident.id}", number, OWNER),
            house.bot.press_with("", number, OWNER),
            house.bot.press_with("\x00" * 200, number, OWNER),
        ]
        for press in wrong:
            notice = await house.noticed(press)
            assert "yes" not in notice
        (approval,) = app.store.approvals.of_incident(incident.id)
        assert approval.state is ApprovalState.PENDING
        assert not house.engine.effects
        good = house.bot.press_with(token, number, OWNER)
        replay = next(one["callback_query"] for one in house.bot.updates if one["callback_query"]["id"] == good)
        house.bot.push({"callback_query": {**replay, "id": "replayed"}})
        await eventually(lambda: state(app, incident) is State.RESOLVED)
        assert "question is" in await house.noticed("replayed")
    assert house.engine.effects == [("restart", "jellyfin")]


async def test_buttons_outlive_a_restart_and_only_their_digests_are_kept(house: House) -> None:
    async with house.life() as app:
        incident, number = await house.asked(app)
    token = house.bot.messages[number]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    kept = b"".join(file.read_bytes() for file in (house.folder / "data").glob("lamplighter.db*"))
    assert token.encode() not in kept
    async with house.life() as app:
        press = house.bot.press_with(token, number, OWNER)
        assert "yes" in await house.noticed(press)
        await eventually(lambda: state(app, incident) is State.RESOLVED)
    assert house.engine.effects == [("restart", "jellyfin")]


async def test_why_is_answered_with_evidence_and_the_message_gets_fresh_buttons(house: House) -> None:
    async with house.life() as app:
        _, number = await house.asked(app)
        before = house.bot.messages[number]["reply_markup"]
        house.bot.press(number, "Why", OWNER)
        await eventually(lambda: house.shows("What speaks for it"))
        assert "no answer" in house.bot.messages[house.shows("What speaks for it")]["text"]
        await eventually(lambda: house.bot.messages[number]["reply_markup"] != before)
        again = house.bot.press(number, "Why", OWNER)
        assert "here is what I know" in await house.noticed(again)


async def test_a_snooze_asks_again_later_and_not_for_ever(house: House) -> None:
    async with house.life() as app:
        incident, number = await house.asked(app)
        (before,) = app.store.approvals.of_incident(incident.id)
        press = house.bot.press(number, "⏸", OWNER)
        assert "30 minutes" in await house.noticed(press)
        (after,) = app.store.approvals.of_incident(incident.id)
        assert after.state is ApprovalState.PENDING
        assert timedelta(minutes=44) < after.expires_at - before.asked_at < timedelta(minutes=46)
        reminders = [one for one in app.store.outbox.of_incident(incident.id) if ":again:" in one.key]
        assert {one.channel for one in reminders} == {"telegram", "ntfy"}
        assert all(one.due_at - app.clock.now() > timedelta(minutes=29) for one in reminders)
        # Put off again and again, it still ends four hours after it was asked.
        app.store.approvals.extend(after.id, before.asked_at + timedelta(hours=4), now=app.clock.now())
        await eventually(lambda: "⏸" in str(house.bot.messages[number]["reply_markup"]))
    assert not house.engine.effects


async def test_a_question_that_was_put_off_can_be_answered_after_its_first_expiry(house: House) -> None:
    house.expires = "4s"
    async with house.life() as app:
        incident, number = await house.asked(app)
        asked = app.clock.now()
        await house.noticed(house.bot.press(number, "⏸", OWNER))
        await eventually(lambda: (app.clock.now() - asked).total_seconds() > 5)
        assert state(app, incident) is State.AWAITING_APPROVAL
        assert "yes" in await house.noticed(house.bot.press(number, "✅", OWNER))
        await eventually(lambda: state(app, incident) is State.RESOLVED)
    assert house.engine.effects == [("restart", "jellyfin")]


async def test_a_question_that_nobody_answers_ends_in_nothing_and_in_a_call(house: House) -> None:
    house.expires = "1s"
    async with house.life() as app:
        incident = await house.trouble(app)
        await eventually(lambda: state(app, incident) is State.NEEDS_HUMAN)
        await eventually(lambda: house.shows("No answer"))
        assert house.bot.messages[house.shows("No answer")]["disable_notification"] is False
        await eventually(lambda: len(house.bot.messages) == 1)
    assert not house.engine.effects


async def test_what_a_person_does_elsewhere_shows_in_the_message(house: House) -> None:
    house.mode = "watch"
    async with house.life() as app, http(app) as client:
        client.headers["authorization"] = f"Bearer {app.token}"
        incident = await house.trouble(app)
        await eventually(lambda: house.shows("I need you"))
        number = house.shows("I need you")
        await client.post(f"/api/v1/incidents/{incident.id}/acknowledge", json={"by": "sam"})
        await eventually(lambda: house.shows("sam has it"))
        await client.post(f"/api/v1/incidents/{incident.id}/resolve", json={"resolution": "moved the disk"})
        await eventually(lambda: house.shows("moved the disk"))
        assert house.shows("Resolved") == number


async def test_no_planted_secret_reaches_a_phone(house: House) -> None:
    """I16: what stands in an alert is redacted before it is sent."""
    async with house.life() as app:
        planted = firing(
            "JellyfinDown", container="jellyfin", password="hunter2hunter2", api_token="ghp_" + "a1B2c3D4e5" * 4
        )
        notes = {"summary": "down <b>x</b>; token=ghp_" + "a1B2c3D4e5" * 4, "description": "password=hunter2hunter2"}
        alert = replace(planted, annotations=notes)
        await app.store.journal.append(Delivery((alert,)), "fake", app.clock.now())
        app.correlator.nudge()
        await eventually(lambda: house.shows("May I"))
        await eventually(lambda: len(house.ntfy.published) >= 2)
    sent = str(house.bot.calls) + str(house.ntfy.published)
    assert "hunter2hunter2" not in sent
    assert "a1B2c3D4e5a1B2c3D4e5" not in sent


async def test_letters_outlive_a_channel_that_is_away_and_the_process(house: House) -> None:
    house.mode = "watch"
    house.bot.faults += [(502, {})] * 2
    async with house.life() as app:
        incident = await house.trouble(app)
        await eventually(lambda: state(app, incident) is State.NEEDS_HUMAN)
        await eventually(lambda: app.communicator.postman.counts["telegram", "retried"])
    assert not house.bot.messages
    house.bot.faults.clear()
    async with house.life():
        await eventually(lambda: house.shows("I need you"))
        await eventually(lambda: len(house.bot.messages) == 1)


async def test_a_letter_that_was_on_its_way_when_the_process_was_killed_is_sent_by_the_next(house: House) -> None:
    house.mode = "watch"
    house.bot.faults += [(0, {"silence": "5"})] * 4
    words = (sys.executable, "-m", messaging.__name__, str(house.folder), house.bot.url, house.ntfy.url)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    child = await asyncio.create_subprocess_exec(*words, env=environment, cwd=ROOT)
    try:
        await eventually(lambda: house.bot.calls)
        await eventually(lambda: any(method == "sendMessage" for method, _ in house.bot.calls))
    finally:
        child.kill()
        await child.wait()
    house.bot.faults.clear()
    async with house.life() as app:
        await eventually(lambda: house.shows("I need you"), 2 * SECONDS_MAX)
        await eventually(lambda: {one.state for one in app.store.outbox.listed()} <= OVER, 2 * SECONDS_MAX)
        assert len(app.store.incidents.listed()) == 1


async def test_somebody_has_it(house: House) -> None:
    house.mode = "watch"
    async with house.life() as app:
        incident = await house.trouble(app)
        await eventually(lambda: house.shows("I need you"))
        house.bot.press(house.shows("I need you"), "I have it", OWNER)
        await eventually(lambda: house.shows("telegram:7 has it"))
        found = app.store.incidents.load(incident.id)
        assert found is not None
        assert found.acknowledged_by == "telegram:7"


async def test_the_switch_is_pressed_from_the_chat_by_those_on_the_list_alone(house: House) -> None:
    async with house.life() as app:
        house.bot.say("/pause", STRANGER, CHAT)
        house.bot.say("/pause", OWNER, CHAT + 1)
        house.bot.say("/pause 30m moving disks", OWNER, CHAT)
        await eventually(lambda: house.shows("Paused by telegram:7"))
        assert "moving disks" in app.switch.paused()
        house.bot.say("/resume", STRANGER, CHAT)
        house.bot.say("/resume", OWNER, CHAT, at=0)
        await eventually(lambda: house.shows("too old"))
        assert app.switch.paused()
        house.bot.say("/status", OWNER, CHAT)
        await eventually(lambda: house.shows("No incidents"))
        house.bot.say("/resume", OWNER, CHAT)
        await eventually(lambda: house.shows("may run again"))
        assert not app.switch.paused()
    assert sum(method == "sendMessage" for method, _ in house.bot.calls) == 4


async def test_the_button_of_a_push_answers_by_post_once_and_a_preview_does_nothing(house: House) -> None:
    async with house.life() as app:
        incident, _ = await house.asked(app)
        await eventually(lambda: any("May I" in one["title"] for one in house.ntfy.published))
        actions = next(one["actions"] for one in house.ntfy.published if "May I" in one["title"])
        url = actions[0]["url"].removeprefix("http://lamplighter.test")
        async with http(app) as client:
            assert (await client.get(url)).status_code in REFUSED
            assert (await client.head(url)).status_code in REFUSED
            assert (await client.post(url[:-1] + ("0" if url[-1] != "0" else "1"))).status_code == 404
            assert not house.engine.effects
            assert (await client.post(url)).status_code == 200
            assert (await client.post(url)).status_code == 409
        await eventually(lambda: state(app, incident) is State.RESOLVED)
        (approval,) = app.store.approvals.of_incident(incident.id)
        assert approval.approver == "ntfy:alex"
    assert house.engine.effects == [("restart", "jellyfin")]


@pytest.mark.parametrize("trouble", ["500", "silence", "429", "name"])
async def test_a_channel_in_trouble_never_holds_up_the_fix(house: House, trouble: str) -> None:
    """F21: what one channel does not take, it is offered again; the fix goes on, and the other channel is told."""
    house.mode, house.auto = "auto", "'restart *'"
    answers: dict[str, list[tuple[int, dict[str, str]]]] = {
        "500": [(500, {})],
        "silence": [(0, {"silence": "1.5"})],
        "429": [(429, {"retry-after": "3"})],
        "name": [],
    }
    house.ntfy.faults += answers[trouble]
    real = house.ntfy.url
    if trouble == "name":
        house.ntfy.url = "http://no-such-host.invalid"
    async with house.life() as app:
        incident = await house.trouble(app)
        await eventually(lambda: state(app, incident) is State.RESOLVED)
        await eventually(lambda: house.shows("Resolved"))
        counts = app.communicator.postman.counts
        await eventually(lambda: counts["ntfy", "retried"])
        if trouble == "name":
            assert "no-such-host" not in str([one.problem for one in app.store.outbox.listed()])
        else:
            await eventually(lambda: house.ntfy.published)
    house.ntfy.url = real
    if trouble == "name":
        async with house.life():
            await eventually(lambda: house.ntfy.published)
    assert house.engine.effects == [("restart", "jellyfin")]


async def test_what_a_channel_refuses_for_good_is_a_dead_letter_that_people_can_see(house: House) -> None:
    house.ntfy.faults += [(403, {})]
    async with house.life() as app:
        await house.trouble(app)
        await eventually(lambda: app.store.outbox.listed(LetterState.DEAD))
        async with http(app) as client:
            client.headers["authorization"] = f"Bearer {app.token}"
            shown = (await client.get("/api/v1/notifications", params={"state": "dead"})).json()
            metrics = (await client.get("/metrics")).text
    (dead,) = shown["notifications"]
    assert (dead["channel"], dead["state"], dead["attempts"]) == ("ntfy", "dead", 1)
    assert "403" in dead["problem"]
    assert 'lamplighter_notify_total{channel="ntfy",result="dead"} 1.0' in metrics


async def test_a_test_message_goes_to_the_channel_that_was_named(house: House) -> None:
    async with house.life() as app, http(app) as client:
        client.headers["authorization"] = f"Bearer {app.token}"
        answer = await client.post("/api/v1/notifications/test", json={"channel": "ntfy"})
        assert answer.status_code == 202
        await eventually(lambda: house.ntfy.published)
        assert (await client.post("/api/v1/notifications/test", json={"channel": "nobody"})).status_code == 404
    assert "test" in house.ntfy.published[0]["title"]
    assert not house.bot.messages
