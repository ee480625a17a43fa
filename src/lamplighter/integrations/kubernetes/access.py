"""How a cluster is reached: as configured, by a kubeconfig, or by a pod's own service account. It runs no program."""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lamplighter.integrations.fetching import no_trust

IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
IN_CLUSTER_URL = "https://kubernetes.default.svc"
FILE_BYTES_MAX = 1024 * 1024
# Each of these needs a program, a person or a proxy, or gives up on knowing who answers.
PROGRAMS = ("exec", "auth-provider")
UNSAFE = {
    "insecure-skip-tls-verify": "takes any certificate; name the cluster's authority instead",
    "proxy-url": "leads through a proxy, which is not supported",
    "tls-server-name": "asks for another name than the server's, which is not supported",
}
UNKNOWN_USERS = {
    "username": "signs in with a password, which Kubernetes no longer takes",
    "password": "signs in with a password, which Kubernetes no longer takes",
    "as": "acts as somebody else, which only a person should",
}
ADVICE = "make a service account that may only look, and set bearer_token to what `kubectl create token` prints"


class NoAccess(ValueError):
    """A file of access that cannot or must not be used; the message names the file, the key and the fix."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the server is, and how to prove who asks. Certificates and keys are PEM."""

    url: str
    token: str = ""
    authority: bytes = b""
    certificate: bytes = b""
    key: bytes = b""

    def trust(self) -> ssl.SSLContext:
        """The server's certificate is always checked; ours is shown where there is one. Raises `OSError`."""
        if not self.url.startswith("https:"):
            return no_trust()
        context = ssl.create_default_context(cadata=self.authority.decode("ascii", "replace") or None)
        if self.certificate:
            # The library reads a chain from a file only; it is private, and gone before anything is asked.
            with tempfile.TemporaryDirectory(prefix="lamplighter-") as folder:
                held = Path(folder, "client.pem")
                held.touch(mode=0o600)
                held.write_bytes(self.certificate.rstrip() + b"\n" + self.key)
                context.load_cert_chain(held)
        return context


def own_access(url: str, token: str, ca_file: Path | None, in_cluster: Path) -> Access:
    """As configured; a pod's own account is shown to the server of its own cluster only. Raises `OSError`."""
    mine = url == IN_CLUSTER_URL
    given, authority = in_cluster / "token", in_cluster / "ca.crt"
    if not token and mine and given.is_file():
        token = _bounded(given).decode().strip()
    if ca_file is None and mine and authority.is_file():
        ca_file = authority
    return Access(url, token, _bounded(ca_file) if ca_file is not None else b"")


def access_of(path: Path, context: str = "") -> Access:
    """The cluster and the user of one context of a kubeconfig, the current one unless named. Raises `NoAccess`."""
    whole = _parsed(path)
    name = context or _text(whole, "current-context")
    if not name:
        raise NoAccess(f"{path}: has no current-context; name one with context")
    chosen = _entry(path, whole, "contexts", "context", name)
    cluster = _entry(path, whole, "clusters", "cluster", _text(chosen, "cluster"))
    user = _entry(path, whole, "users", "user", _text(chosen, "user")) if chosen.get("user") else {}
    _refuse(path, cluster, user, _text(chosen, "cluster"), _text(chosen, "user"))
    url = _text(cluster, "server").rstrip("/")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise NoAccess(f"{path}: the server of cluster {_text(chosen, 'cluster')} is no address: {url[:200]}")
    certificate, key = _file(path, user, "client-certificate"), _file(path, user, "client-key")
    if bool(certificate) != bool(key):
        raise NoAccess(f"{path}: user {_text(chosen, 'user')} needs client-certificate and client-key together")
    return Access(url, _token(path, user), _file(path, cluster, "certificate-authority"), certificate, key)


def _refuse(path: Path, cluster: Mapping[str, object], user: Mapping[str, object], where: str, who: str) -> None:
    for key in PROGRAMS:
        if user.get(key):
            held = user[key]
            program = _text(held, "command") or _text(held, "name") if isinstance(held, dict) else ""
            raise NoAccess(
                f"{path}: user {who} signs in by a program ({key}: {program[:80] or 'not named'}), and Lamplighter "
                f"runs none; {ADVICE}"
            )
    for key, why in UNKNOWN_USERS.items():
        if user.get(key):
            raise NoAccess(f"{path}: user {who} {why} ({key}); {ADVICE}")
    for key, why in UNSAFE.items():
        if cluster.get(key):
            raise NoAccess(f"{path}: cluster {where}: {key} {why}")


def _token(path: Path, user: Mapping[str, object]) -> str:
    named = _text(user, "tokenFile")
    if named:
        return _read(path, "tokenFile", named).decode("utf-8", "replace").strip()
    return _text(user, "token")


def _file(path: Path, held: Mapping[str, object], key: str) -> bytes:
    """What a key holds itself, in base64, or in the file that it names beside the kubeconfig."""
    data = _text(held, f"{key}-data")
    if data:
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as problem:
            raise NoAccess(f"{path}: {key}-data is not base64: {problem}") from problem
    named = _text(held, key)
    return _read(path, key, named) if named else b""


def _read(path: Path, key: str, named: str) -> bytes:
    try:
        return _bounded(path.parent / named)
    except OSError as problem:
        raise NoAccess(f"{path}: {key}: {problem}") from problem


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        held = file.read(FILE_BYTES_MAX + 1)
    if len(held) > FILE_BYTES_MAX:
        raise OSError(f"{path} is larger than {FILE_BYTES_MAX} bytes")
    return held


def _parsed(path: Path) -> Mapping[str, object]:
    try:
        whole = YAML(typ="safe", pure=True).load(BytesIO(_bounded(path)))
    except OSError as problem:
        raise NoAccess(f"{path}: cannot be read: {problem}") from problem
    except (YAMLError, ValueError, RecursionError) as problem:
        raise NoAccess(f"{path}: is no YAML: {str(problem)[:200]}") from problem
    if not isinstance(whole, dict):
        raise NoAccess(f"{path}: is no kubeconfig")
    return whole


def _entry(path: Path, whole: Mapping[str, object], plural: str, singular: str, name: str) -> Mapping[str, object]:
    listed = whole.get(plural)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("name") == name:
            held = one.get(singular)
            return held if isinstance(held, dict) else {}
    names = [str(one.get("name")) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    raise NoAccess(f"{path}: {plural} holds no {name!r}, only {', '.join(names[:10]) or 'nothing'}")


def _text(held: object, key: str) -> str:
    value = held.get(key) if isinstance(held, dict) else None
    return value if isinstance(value, str) else ""
