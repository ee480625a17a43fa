"""What people are called who answer on channels: by the configuration alone, never by what a channel says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Nicknames:
    """Names by identity, such as `telegram:123456789`, which is what is kept and what counts."""

    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, identity: str) -> str:
        """`anna (telegram)`; the identity itself where it has no name."""
        name = self.names.get(identity, "")
        return f"{name} ({identity.partition(':')[0]})" if name else identity
