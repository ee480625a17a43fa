"""The attacks use the servers of the open exam."""

from __future__ import annotations

from tests.acceptance.exam.conftest import command_line, environment, servers

__all__ = ["command_line", "environment", "servers"]
