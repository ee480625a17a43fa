"""Faults of storage and of limits on a namespace: claims that find no volume, quotas that are used up."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, Clue, FaultKind, graded, told

UNBOUND = (told("claim_unbound", 0.3), told("unplaced_unbound_claim", 0.2), told("unplaced_unbound", 0.2))


def _claim(name: str, sign: str, words: str, help_of: str, *also: Clue) -> FaultKind:
    return FaultKind(
        name,
        (*graded(sign, 2.6, 4.6), *UNBOUND, *also),
        (words, ": {volume}"),
        ("persistentvolumeclaim", "persistentvolume"),
        ANY_CONDITION,
        at_once=(
            (help_of,),
            (
                (
                    "see kubectl describe pvc for what the binder says, then delete and create the "
                    "claim: most of it cannot be changed"
                ),
            ),
        ),
        later=(("let a storage class provision volumes instead of matching them by hand",),),
        runbooks=("KubePersistentVolumeErrors",),
    )


def _quota(resource: str, words: str) -> FaultKind:
    sign = {"service": "services", "pod": "pods"}.get(resource, resource)
    return FaultKind(
        f"namespace_{resource}_quota_exceeded",
        (
            told(f"quota_{sign}", 2.8, decisive=True),
            told(f"quota_{sign}", 2.6, refused=1.0),
            told("pods_missing", 0.6),
        ),
        (
            f"{{component}} is refused because the quota of its namespace for {words} is used up",
            ": {quota}",
            ", {resource}",
        ),
        ("resourcequota",),
        ANY_CONDITION,
        at_once=(
            (
                f"see with kubectl describe quota what holds the {words}",
                " (asked {requested}, used {used}, limit {limited})",
            ),
            ("remove what is not needed, lower the request of {component}, or raise the quota",),
        ),
        later=(("alert when nine tenths of a quota are used",),),
        runbooks=("KubeQuotaAlmostFull", "KubeQuotaExceeded"),
    )


CLAIM_FAULTS = (
    _claim(
        "pvc_storage_class_mismatch",
        "claim_class",
        "the claim of {component} names a storage class that no volume or provisioner has",
        "compare the storage class of the claim with kubectl get storageclass and with the volumes",
        told("storage_class_missing", 4.8, decisive=True),
        told("claim_taken", -0.6),
        told("class_has_volumes", -4.0),
    ),
    _claim(
        "pvc_capacity_mismatch",
        "claim_size",
        "the claim of {component} asks for more than any volume has",
        "compare the size of the claim with the capacity of the volumes",
        told("claim_too_small", 4.8, decisive=True),
    ),
    _claim(
        "pvc_access_mode_mismatch",
        "claim_mode",
        "the claim of {component} asks for an access mode that no volume offers",
        "compare the access modes of the claim with those of the volumes",
        told("claim_access_mode", 4.8, decisive=True),
        told("multi_attach", 3.8, decisive=True),
    ),
    _claim(
        "pvc_selector_mismatch",
        "claim_selector",
        "the claim of {component} selects labels that no volume bears",
        "compare the selector of the claim with the labels of the volumes",
    ),
    _claim(
        "pv_binding_occupied",
        "claim_taken",
        "the volume that {component} claims is bound to another claim",
        "see which claim holds the volume (kubectl get pv), and whether it is still "
        "needed; a released one keeps its claimRef",
        told("claim_taken_said", 4.8, decisive=True),
    ),
    _quota("cpu", "cpu"),
    _quota("memory", "memory"),
    _quota("pod", "pods"),
    _quota("service", "services"),
    _quota("storage", "storage"),
)
