"""A private supervisord, for real: programs are started, stopped and spoken of."""

from __future__ import annotations

import xmlrpc.client

import pytest

from lamplighter.lab.premises import Premises, await_true
from lamplighter.lab.supervised import Supervised

SECONDS_MAX = 60.0


def test_programs_start_stop_and_are_not_restarted_by_supervisord_itself() -> None:
    with Premises() as premises:
        daemon = Supervised(premises)
        daemon.start({"steady": "sleep 600", "brief": "sh -c 'sleep 1.2; echo 100%% done'"}, {})
        await_true("the steady one is up", lambda: daemon.runs("steady"), SECONDS_MAX)
        await_true("the brief one ends", lambda: "done" in daemon.log_of("brief", "out").read_text(), SECONDS_MAX)
        daemon.stop("steady")
        daemon.stop("steady")
        assert not daemon.runs("steady")
        assert not daemon.runs("brief")
        daemon.launch("steady")
        await_true("the steady one is up again", lambda: daemon.runs("steady"), SECONDS_MAX)
        with pytest.raises(xmlrpc.client.Fault, match="BAD_NAME"):
            daemon.stop("stranger")
