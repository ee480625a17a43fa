from __future__ import annotations

from typing import Any

from lamplighter.integrations.kubernetes.lives import lives_of


def pod(*statuses: object, name: str = "web-1") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "status": {"containerStatuses": list(statuses)}}


def test_what_restarted_comes_first_with_its_last_life() -> None:
    well = {"name": "proxy", "ready": True, "restartCount": 0}
    ill = {"name": "main", "ready": True, "restartCount": 2}
    told = [dict(about) for _, about in lives_of(pod(well, ill))]
    assert told == [{"container": "main"}, {"container": "main", "previous": "true"}, {"container": "proxy"}]


def test_a_container_that_finished_its_work_has_nothing_to_tell() -> None:
    done = {"name": "init", "ready": True, "restartCount": 0, "state": {"terminated": {"exitCode": 0}}}
    assert list(lives_of(pod(done))) == []
    (place, _), *_ = lives_of(pod({**done, "restartCount": 1}))
    assert place.path == "/api/v1/namespaces/shop/pods/web-1/log"


def test_odd_pods_have_no_logs() -> None:
    assert list(lives_of(pod("odd", {"ready": True}, None))) == []
    assert list(lives_of(pod({"name": "main"}, name="../secrets"))) == []
    assert list(lives_of({"status": "odd"})) == []
