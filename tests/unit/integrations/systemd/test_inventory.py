from __future__ import annotations

from lamplighter.integrations.systemd.inventory import listed, shown

LIST = """\
  cron.service                 loaded    active   running Regular background program processing daemon
  api.service                  loaded    failed   failed  Orders API
  apparmor.service             not-found inactive dead    apparmor.service
  systemd-journald.service     loaded    active   running Journal Service
  user@1000.service            loaded    active   running User Manager for UID 1000
  getty@tty1.service           loaded    active   running Getty on tty1
"""


def test_services_are_listed_without_systemds_own_and_what_is_not_there() -> None:
    assert listed(LIST) == [("cron", "cron.service", True), ("api", "api.service", False)]
    assert listed("garbage\n\x00 [[\n") == []


def test_units_that_are_not_there_are_left_out() -> None:
    text = "Id=a.service\nLoadState=loaded\nActiveState=failed\n\n"
    text += "Id=b.service\nLoadState=not-found\nActiveState=inactive\n"
    assert shown(text) == {"a.service": "failed"}
    assert shown("") == {}
