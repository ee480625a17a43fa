"""L3: ten thousand alerts of one cause in seconds, and storms of many causes: grouped, bounded, nobody is buried."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from typing import Any

from tests.acceptance.exam.conftest import wait_until
from tests.acceptance.load.conftest import Load, Whole, Workshop, alert

GROUPS = 200
EACH = 50
BUDGET = 10
# The root waits for a person: were it healed, what is late would be news again.
HEALED_ALONE = ["restart container where name part-*", "restart container where name lonely"]
SMALL_BUDGET = 6
AT_ONCE = 8
TOLD_SECONDS_MAX = 60
CLOSED = {"resolved", "self_cleared", "merged"}
SOMEONE = re.compile(r"notification.* incident=(?P<incident>[^ ]*) .*moment=(?P<moment>[^ ]*)")


def told(whole: Whole) -> list[tuple[str, str]]:
    """Who was told what: incident and moment of each message, read from the channel itself."""
    return [(found["incident"].strip("'"), found["moment"].strip("'")) for found in SOMEONE.finditer(whole.log)]


def open_incidents(whole: Whole) -> list[dict[str, Any]]:
    return [one for one in whole.door.incidents() if one["state"] not in CLOSED]


def test_l3_ten_thousand_alerts_of_one_cause(workshop: Workshop) -> None:
    """200 groups of 50 need one root. In the middle of them something else breaks that nobody may miss."""
    parts = [f"part-{n}" for n in range(GROUPS)]
    engine = workshop.engine("root", "lonely", *parts)
    whole = workshop.whole(
        engine, {"depends": {"part-*": ["root"]}, "autonomy": {"mode": "ask", "auto": HEALED_ALONE}}
    ).start()
    chance = random.Random(5)  # noqa: S311 - an order, no secret
    alerts = [
        alert(number, f"Rule{number % EACH}", container=parts[number % GROUPS], severity="warning")
        for number in range(GROUPS * EACH)
    ]
    chance.shuffle(alerts)
    alerts.insert(4_000, alert(800_001, "RootDown", container="root", severity="critical"))
    lonely = alert(800_002, "LonelyDown", container="lonely", severity="critical")
    alerts.insert(6_000, lonely)
    load = Load([whole.client], [alerts[n : n + 10] for n in range(0, len(alerts), 10)], per_second=100)
    with load:
        wait_until("its message", lambda: critical_told(whole), 10 + TOLD_SECONDS_MAX)
        load.join()
    assert load.unanswered == 0
    assert {answer.status_code for answer in load.refused} <= {503}
    # Whoever was told to come again comes again.
    again = [json.loads(answer.request.content)["alerts"] for answer in load.refused]
    assert Load([whole.client], again).run().refused == []
    whole.facts.hold(one["fingerprint"] for one in alerts)
    # Before the root speaks nobody can know the cause; from then on it is one, once all of it is in its place.
    wait_until("one incident for each cause", lambda: len(open_incidents(whole)) <= 2, 120)
    wait_until("the end of the responses", lambda: not at_work(whole), 90)
    messages = Counter(told(whole))
    runs = {one["id"]: one["run"] for one in whole.door.incidents()}
    assert all(count <= runs.get(incident, 1) for (incident, _), count in messages.items()), messages
    assert len({incident for incident, _ in messages}) <= GROUPS
    assert len(messages) <= 60, messages
    # What began before anybody could see a storm may have acted, within the budget of an hour; nothing acts twice.
    assert sum(engine.effects.values()) <= BUDGET, engine.effects
    assert set(engine.effects.values()) == {1}, engine.effects
    assert engine.effects["lonely"] == 1
    assert "Traceback" not in whole.log


def critical_told(whole: Whole) -> bool:
    ids = {one["id"] for one in whole.door.incidents() if "LonelyDown" in one["title"]}
    return bool(ids & {incident for incident, _ in told(whole)})


def at_work(whole: Whole) -> list[str]:
    return [
        one["id"]
        for one in open_incidents(whole)
        if one["state"] not in {"needs_human", "awaiting_approval", "rejected", "rolled_back"} and not one["held"]
    ]


def test_a_storm_of_unrelated_troubles_is_no_storm_of_actions(workshop: Workshop) -> None:
    """200 causes at once, all of which may be healed alone: budgets and bounds hold (I6), the grave one comes first."""
    parts = [f"part-{n}" for n in range(GROUPS)]
    engine = workshop.engine(*parts, slow_seconds=0.5)
    bounds = {"at_once_in_storm": 2, "storm_from": 20}
    limits = {"total": f"{SMALL_BUDGET}/1h", "between": "0s"}
    auto = {"mode": "auto", "auto": ["restart container *"], "limits": limits}
    whole = workshop.whole(engine, {"autonomy": auto, "responses": bounds}).start()
    grave = 150
    alerts = [
        alert(n, "Broken", container=part, severity="critical" if n == grave else "warning")
        for n, part in enumerate(parts)
    ]
    load = Load([whole.client], [alerts[n : n + 10] for n in range(0, GROUPS, 10)]).run()
    assert load.refused == []
    whole.facts.hold(load.acknowledged)
    assert len(whole.door.incidents()) == GROUPS
    (incident,) = (one["id"] for one in whole.door.incidents() if one["component"] == parts[grave])
    wait_until("its message", lambda: incident in {told_of for told_of, _ in told(whole)}, TOLD_SECONDS_MAX)
    wait_until("its turn", lambda: ended(whole, incident), TOLD_SECONDS_MAX)
    # Its turn came before that of the others, though they were older.
    assert whole.door.states()["received"] > GROUPS / 2
    assert sum(engine.effects.values()) <= SMALL_BUDGET, engine.effects
    assert max(engine.effects.values()) == 1
    assert engine.at_work_most <= AT_ONCE
    assert "Traceback" not in whole.log


def ended(whole: Whole, incident: str) -> bool:
    found = whole.door.get(f"/api/v1/incidents/{incident}")
    return found is not None and found["incident"]["state"] in {"resolved", "needs_human"}
