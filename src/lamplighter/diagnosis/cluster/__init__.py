"""A Kubernetes cluster as one case shows it: objects put together, and what follows from them. Pure computation."""

from __future__ import annotations

from lamplighter.diagnosis.cluster.measured import measured_facts
from lamplighter.diagnosis.cluster.reading import CLUSTER_TOOLS, read_cluster

__all__ = ["CLUSTER_TOOLS", "measured_facts", "read_cluster"]
