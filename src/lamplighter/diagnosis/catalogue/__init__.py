"""Every kind of fault that can be named, by family. To add one, add a row to its family's table."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.change import CHANGE_FAULTS
from lamplighter.diagnosis.catalogue.fault_kind import FaultKind
from lamplighter.diagnosis.catalogue.monitoring import MONITORING_FAULTS
from lamplighter.diagnosis.catalogue.network import NETWORK_FAULTS
from lamplighter.diagnosis.catalogue.process import PROCESS_FAULTS
from lamplighter.diagnosis.catalogue.resources import RESOURCE_FAULTS
from lamplighter.diagnosis.catalogue.services import SERVICE_FAULTS
from lamplighter.diagnosis.catalogue.startup import STARTUP_FAULTS

CATALOGUE: tuple[FaultKind, ...] = (
    *PROCESS_FAULTS,
    *STARTUP_FAULTS,
    *RESOURCE_FAULTS,
    *NETWORK_FAULTS,
    *SERVICE_FAULTS,
    *CHANGE_FAULTS,
    *MONITORING_FAULTS,
)
