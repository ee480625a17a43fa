from pathlib import Path

from lamplighter.lab.docker_rig import SYMPTOM
from lamplighter.lab.monitoring import alert_routes


def test_a_rule_is_written_as_prometheus_reads_it() -> None:
    assert SYMPTOM.as_json == {
        "alert": "ShopFrontDown",
        "expr": 'shop_order_ok{job="front"} == 0',
        "for": "1s",
        "labels": {"container": "front", "severity": "critical"},
        "annotations": {"summary": "the shop's front door fails: orders do not go through"},
    }


def test_alerts_go_to_the_webhook_with_the_token_and_without_an_end() -> None:
    routes = alert_routes("http://127.0.0.1:1/hook", Path("/data/token"))
    (hook,) = routes["receivers"][0]["webhook_configs"]
    assert hook["url"] == "http://127.0.0.1:1/hook"
    assert hook["send_resolved"] is False
    assert hook["http_config"]["authorization"]["credentials_file"] == "/data/token"
    assert routes["route"]["receiver"] == routes["receivers"][0]["name"]
