from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from lamplighter.integrations.kubernetes.access import IN_CLUSTER_URL, NoAccess, access_of, own_access
from lamplighter.integrations.kubernetes.client import KubernetesConfig

URL = "https://10.0.0.1:6443"


def kubeconfig(folder: Path, user: dict[str, Any] | None = None, **cluster: object) -> Path:
    whole = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "home",
        "contexts": [
            {"name": "home", "context": {"cluster": "c", "user": "u", "namespace": "shop"}},
            {"name": "other", "context": {"cluster": "elsewhere", "user": "u"}},
        ],
        "clusters": [
            {"name": "c", "cluster": {"server": URL, **cluster}},
            {"name": "elsewhere", "cluster": {"server": "https://other:6443/"}},
        ],
        "users": [{"name": "u", "user": {"token": "t0ken"} if user is None else user}],
    }
    file = folder / "config"
    with file.open("w") as out:
        YAML().dump(whole, out)
    return file


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_the_current_context_says_where_and_who(tmp_path: Path) -> None:
    found = access_of(kubeconfig(tmp_path, **{"certificate-authority-data": encoded("PEM")}))
    assert (found.url, found.token, found.authority) == (URL, "t0ken", b"PEM")
    assert access_of(kubeconfig(tmp_path), "other").url == "https://other:6443"


def test_certificates_and_tokens_may_stand_in_files_beside_it(tmp_path: Path) -> None:
    for name in ("ca.crt", "me.crt", "me.key", "token"):
        (tmp_path / name).write_text(f"{name}\n")
    user = {"client-certificate": "me.crt", "client-key": str(tmp_path / "me.key"), "tokenFile": "token"}
    found = access_of(kubeconfig(tmp_path, user, **{"certificate-authority": "ca.crt"}))
    assert (found.authority, found.certificate, found.key) == (b"ca.crt\n", b"me.crt\n", b"me.key\n")
    assert found.token == "token"


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"exec": {"command": "aws", "args": ["eks", "get-token"]}}, r"signs in by a program \(exec: aws\)"),
        ({"auth-provider": {"name": "gcp"}}, r"signs in by a program \(auth-provider: gcp\)"),
        ({"username": "admin", "password": "hunter2hunter2"}, "signs in with a password"),
        ({"token": "t", "as": "system:admin"}, "acts as somebody else"),
        ({"client-certificate-data": encoded("x")}, "client-certificate and client-key together"),
        ({"client-key-data": "no base64!"}, "client-key-data is not base64"),
        ({"tokenFile": "gone"}, "tokenFile: "),
    ],
)
def test_what_must_not_be_used_is_refused_with_the_fix(tmp_path: Path, user: dict[str, Any], words: str) -> None:
    with pytest.raises(NoAccess, match=words) as refused:
        access_of(kubeconfig(tmp_path, user))
    assert str(refused.value).startswith(str(tmp_path / "config"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("key", ["insecure-skip-tls-verify", "proxy-url", "tls-server-name"])
def test_a_server_that_is_not_checked_is_not_asked(tmp_path: Path, key: str) -> None:
    with pytest.raises(NoAccess, match=key):
        access_of(kubeconfig(tmp_path, **{key: True}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "is no YAML"),
        ("just words", "is no kubeconfig"),
        ("{}", "has no current-context"),
        ("current-context: x", "contexts holds no 'x', only nothing"),
        ("a: " + "[" * 5_000, "is no YAML"),
    ],
)
def test_rubbish_is_told(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(NoAccess, match=words):
        access_of(file)


def test_a_context_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(NoAccess, match="contexts holds no 'nowhere', only home, other"):
        access_of(kubeconfig(tmp_path), "nowhere")


def test_a_file_too_large_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(NoAccess, match="larger than"):
        access_of(file)


def test_a_pod_s_own_account_is_shown_to_its_own_cluster_only(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("mine\n")
    (tmp_path / "ca.crt").write_text("PEM")
    own = own_access(IN_CLUSTER_URL, "", None, tmp_path)
    assert (own.token, own.authority) == ("mine", b"PEM")
    other = own_access(URL, "", None, tmp_path)
    assert (other.token, other.authority) == ("", b"")
    assert own_access(IN_CLUSTER_URL, "given", None, tmp_path).token == "given"


def test_an_authority_that_is_gone_is_no_reason_to_trust_others(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        own_access(URL, "t", tmp_path / "ca.crt", tmp_path)


def test_a_configuration_names_one_way(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path)
    assert KubernetesConfig(kubeconfig=file, context="other").context == "other"
    for wrong in ({"url": URL}, {"bearer_token": "t"}):
        with pytest.raises(ValidationError, match="not both"):
            KubernetesConfig.model_validate({"kubeconfig": str(file), **wrong})
    with pytest.raises(ValidationError, match="context needs kubeconfig"):
        KubernetesConfig(context="home")
    with pytest.raises(ValidationError, match="signs in by a program"):
        KubernetesConfig(kubeconfig=kubeconfig(tmp_path, {"exec": {"command": "aws"}}))
