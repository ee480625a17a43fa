"""Does acts of many kinds on one store, as fast as it can; started several times at once by test_racing.py.

Usage: racing.py URL NAME ROUNDS. Prints how many acts it did.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from lamplighter.domain.access import Role, Scope, Via
from lamplighter.domain.account import Account, ApiToken, Session
from lamplighter.domain.audit import What, act
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.ports import Keeping
from lamplighter.store import open_store
from lamplighter.workflow.clock import SystemClock

HOUR = timedelta(hours=1)
MATCHERS = (Matcher("container", Op.EQUAL, "web"),)


def main(url: str, name: str, rounds: int) -> None:
    store = open_store(url, clock=SystemClock())
    for number in range(rounds):
        now, who = datetime.now(UTC), f"{name}-{number}"
        store.accounts.add(Account(who, Role.ADMIN, "$argon2id$…", "s", now, now), by=name)
        store.sessions.open(Session(who, who, Role.ADMIN, Via.PASSWORD, "s", now, now + HOUR))
        store.accounts.set_password(who, "$other", "s2", now, by=name)
        store.api_tokens.add(ApiToken("", who, f"digest {who}", frozenset({Scope.READ}), name, now))
        silence = store.silences.put(Silence("", MATCHERS, now, now + HOUR, name, who))
        store.silences.end(silence.id, now, by=name)
        # All want the same target, so that one begins and the others find it busy.
        planned = Attempt(
            who, "INC-1", "hash", "policy", "docker", "restart", "id-1", "web", {}, AttemptState.PLANNED, now
        )
        store.ledger.plan(planned, approval_id="")
        if store.ledger.start(who, {}, now):
            store.ledger.end(who, AttemptState.DONE, "", now)
        store.audit.write(act(now, name, What.PAUSED, "all"), key=f"shared {number}")
        store.accounts.remove(who, now, by=name)
        store.retention.prune(Keeping(audit_seconds=-1e9 if number % 10 == 9 else 1e9), now)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
