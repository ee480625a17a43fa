from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.kubernetes.client import KubernetesConfig


def test_inside_a_cluster_nothing_need_be_set() -> None:
    config = KubernetesConfig()
    assert (config.url, config.bearer_token) == ("https://kubernetes.default.svc", None)


def test_the_token_is_not_shown() -> None:
    assert "hunter2" not in repr(KubernetesConfig(bearer_token="hunter2"))


@pytest.mark.parametrize(
    "config",
    [
        {"url": "10.0.0.1:6443"},
        {"url": "ftp://h"},
        {"namespaces": ["../kube-system"]},
        {"namespaces": ["a/b"]},
        {"namespaces": [""]},
        {"ca_file": "/no/such/file"},
        {"timeout_seconds": 0},
        {"colour": "red"},
    ],
    ids=str,
)
def test_what_cannot_work_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        KubernetesConfig.model_validate(config)
