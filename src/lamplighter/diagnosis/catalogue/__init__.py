"""Every kind of fault that can be named, by family. To add one, add a row to its family's table."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.change import CHANGE_FAULTS
from lamplighter.diagnosis.catalogue.claims import CLAIM_FAULTS
from lamplighter.diagnosis.catalogue.cluster_services import CLUSTER_SERVICE_FAULTS
from lamplighter.diagnosis.catalogue.databases import DATABASE_FAULTS
from lamplighter.diagnosis.catalogue.edges import EDGE_FAULTS
from lamplighter.diagnosis.catalogue.fault_kind import FaultKind, beside_the_point
from lamplighter.diagnosis.catalogue.images import IMAGE_FAULTS
from lamplighter.diagnosis.catalogue.kubelet_probes import PROBE_FAULTS
from lamplighter.diagnosis.catalogue.made import MADE_FAULTS
from lamplighter.diagnosis.catalogue.monitoring import MONITORING_FAULTS
from lamplighter.diagnosis.catalogue.network import NETWORK_FAULTS
from lamplighter.diagnosis.catalogue.placing import PLACING_FAULTS
from lamplighter.diagnosis.catalogue.platform import PLATFORM_FAULTS
from lamplighter.diagnosis.catalogue.process import PROCESS_FAULTS
from lamplighter.diagnosis.catalogue.resources import RESOURCE_FAULTS
from lamplighter.diagnosis.catalogue.services import SERVICE_FAULTS
from lamplighter.diagnosis.catalogue.signals import merged
from lamplighter.diagnosis.catalogue.startup import STARTUP_FAULTS
from lamplighter.diagnosis.catalogue.storage import STORAGE_FAULTS
from lamplighter.diagnosis.catalogue.wires import WIRE_FAULTS

_FAMILIES = (
    PROCESS_FAULTS,
    STARTUP_FAULTS,
    IMAGE_FAULTS,
    PROBE_FAULTS,
    RESOURCE_FAULTS,
    NETWORK_FAULTS,
    CLUSTER_SERVICE_FAULTS,
    SERVICE_FAULTS,
    PLACING_FAULTS,
    CLAIM_FAULTS,
    PLATFORM_FAULTS,
    WIRE_FAULTS,
    CHANGE_FAULTS,
    MONITORING_FAULTS,
    STORAGE_FAULTS,
    DATABASE_FAULTS,
    EDGE_FAULTS,
    MADE_FAULTS,
)


def _joined() -> tuple[FaultKind, ...]:
    """Every kind once; where two families know the same kind, the later one adds its clues to the first one's."""
    held: dict[str, FaultKind] = {}
    for kind in (kind for family in _FAMILIES for kind in family):
        first = held.get(kind.name)
        held[kind.name] = first.widened(kind) if first else kind
    return tuple(held.values())


CATALOGUE: tuple[FaultKind, ...] = tuple(beside_the_point(kind) for kind in merged(_joined()))
