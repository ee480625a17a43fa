"""The shapes of Proxmox's JSON that decisions rest on. Pure."""

from __future__ import annotations

import re

import msgspec

GUEST_TYPES = frozenset({"lxc", "qemu"})
KINDS = {"lxc": "lxc", "qemu": "vm", "node": "node"}
RUNNING = "running"
ONLINE = "online"


class Resource(msgspec.Struct):
    """One entry of `/cluster/resources`: a guest, a node, or something that is of no interest here."""

    id: str
    type: str
    node: str = ""
    vmid: int = 0
    name: str = ""
    status: str = ""
    template: bool = False
    tags: str = ""
    lock: str = ""
    pool: str = ""

    @property
    def is_guest(self) -> bool:
        """A container or a machine that could run; a template never does."""
        return self.type in GUEST_TYPES and not self.template

    @property
    def title(self) -> str:
        """Its name; guests that have none go by their number."""
        return (self.node if self.type == "node" else self.name) or self.id

    @property
    def tag_list(self) -> tuple[str, ...]:
        """The tags, which people part by semicolons, commas or spaces."""
        return tuple(tag for tag in re.split(r"[;,\s]+", self.tags) if tag)


class Settings(msgspec.Struct):
    """A guest's own configuration, as far as it says whether the guest should run."""

    onboot: bool = False
