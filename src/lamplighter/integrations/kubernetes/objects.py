"""The shapes of the cluster's JSON that topology rests on: the API's lists, and what `kubectl get -o json` prints."""

from __future__ import annotations

import msgspec

LIST_SUFFIX = "List"
# In a list of one kind the API leaves the kind of each item out.
KINDS = frozenset({"Pod", "Service", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Node"})


class Owner(msgspec.Struct):
    """Who made a thing."""

    kind: str = ""
    name: str = ""
    uid: str = ""


class Meta(msgspec.Struct, rename="camel"):
    """Name, namespace and immutable id of a thing, its labels and its owners."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    owner_references: list[Owner] | None = None


class Condition(msgspec.Struct):
    """One of the conditions of a thing, such as Ready."""

    type: str = ""
    status: str = ""


class Spec(msgspec.Struct, rename="camel"):
    """What a thing should be. A service's selector is plain labels; a workload's is not read, for owners tell more."""

    node_name: str = ""
    replicas: int | None = None
    selector: msgspec.Raw = msgspec.Raw(b"null")


class Status(msgspec.Struct, rename="camel"):
    """What a thing is now."""

    phase: str = ""
    conditions: list[Condition] | None = None
    ready_replicas: int = 0
    number_ready: int = 0
    desired_number_scheduled: int = 0

    def holds(self, condition: str) -> bool:
        """Whether a condition is true."""
        return any(one.type == condition and one.status == "True" for one in self.conditions or ())


class Thing(msgspec.Struct):
    """One object of the cluster."""

    kind: str = ""
    metadata: Meta = msgspec.field(default_factory=Meta)
    spec: Spec = msgspec.field(default_factory=Spec)
    status: Status = msgspec.field(default_factory=Status)

    @property
    def selector(self) -> dict[str, str]:
        """A service's selector; empty where there is none."""
        try:
            found = msgspec.json.decode(self.spec.selector, type=dict[str, str] | None)
        except msgspec.DecodeError:
            return {}
        return found or {}


class Listing(msgspec.Struct):
    """One page of things, and the token that asks for the next one."""

    things: tuple[Thing, ...]
    token: str = ""


class _ListMeta(msgspec.Struct):
    token: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct):
    kind: str = ""
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[Thing] | None = None


def listed(body: bytes) -> Listing:
    """A list of things, whichever kinds; things of no interest are left out. Raises `ValueError`."""
    try:
        found = msgspec.json.decode(body, type=_List)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ValueError(f"not a list of Kubernetes: {problem}") from problem
    if not found.kind.endswith(LIST_SUFFIX) or found.items is None:
        raise ValueError(f'not a list of Kubernetes: its kind is "{found.kind}"')
    kind = found.kind.removesuffix(LIST_SUFFIX)
    for thing in found.items:
        thing.kind = thing.kind or kind
    return Listing(tuple(thing for thing in found.items if thing.kind in KINDS), found.metadata.token)
