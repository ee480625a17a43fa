"""The real server and its environment, as the open exam has them."""

from __future__ import annotations

from tests.acceptance.exam.conftest import environment, servers

__all__ = ["environment", "servers"]
