"""Whose output a file holds, as its name and its folders say."""

from __future__ import annotations

import pytest

from lamplighter.lab.bundle_names import Named, named, words_of


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("describe-pod-web-7d9.txt", Named("web-7d9", "pod")),
        ("kubectl_describe_pod_web-7d9f_-n_shop.txt", Named("web-7d9f", "pod", "shop")),
        ("kubectl_get_pods_-o_wide.txt", Named("", "pod")),
        ("kubectl get pods -A -o wide.txt", Named("", "pod")),
        ("kubectl-get-deployments-n-shop.yaml", Named("", "deployment", "shop")),
        ("kubectl_logs_web-7d9_--previous.log", Named("web-7d9")),
        ("logs/web.log", Named("web")),
        ("logs/web.log.1", Named("web")),
        ("web/logs/current.log", Named("web")),
        ("docker-inspect-db.json", Named("db")),
        ("docker_logs_my-db.txt", Named("my-db")),
        ("db-inspect.json", Named("db")),
        ("journalctl-u-nginx.txt", Named("nginx")),
        ("journalctl_-u_nginx.service.txt", Named("nginx")),
        ("01-systemctl-status-nginx.txt", Named("nginx")),
        ("namespaces/shop/pods/web-0/web/web/logs/current.log", Named("web-0", "pod", "shop")),
        ("must-gather/namespaces/shop/core/pods.yaml", Named("", "pod", "shop")),
        ("cluster/shop/web-0/logs.txt", Named("web-0")),
        ("pods/shop_web-0_0f1a2b3c-0000-1111-2222-333344445555/web/0.log", Named("web-0", "pod", "shop")),
        (f"containers/web-0_shop_web-{'0a' * 32}.log", Named("web-0", "pod", "shop")),
        ("evidence/e12.txt", Named()),
        ("nodes/wk-2/systemctl_status_kubelet.txt", Named("kubelet", "node", "", "wk-2")),
        ("hosts/nas/df-h.txt", Named("nas", "", "", "nas")),
        ("nas/free.txt", Named("nas")),
        ("my_service.log", Named("my_service")),
    ],
)
def test_names_say_whose_it_is(path: str, said: Named) -> None:
    assert named(path) == said


def test_the_words_of_a_path_are_told_in_lower_case() -> None:
    assert words_of("Logs/Kubectl_get-pods.TXT") == {"logs", "kubectl", "get", "pods", "txt"}
