"""Whose certificates are believed, as this machine's files say it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from lamplighter.integrations.fetching import machine_trust


def test_an_authority_that_is_added_later_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authorities = Path(ssl.get_default_verify_paths().cafile or "").read_text(encoding="utf-8")
    two = [f"{one}-----END CERTIFICATE-----\n" for one in authorities.split("-----END CERTIFICATE-----\n")[:2]]
    bundle = tmp_path / "ca.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    for count in (1, 2):
        bundle.write_text("".join(two[:count]), encoding="utf-8")
        os.utime(bundle, (count, count))
        assert len(machine_trust().get_ca_certs()) == count
        assert machine_trust() is machine_trust()
