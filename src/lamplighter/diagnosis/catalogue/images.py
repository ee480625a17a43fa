"""Faults that keep a container from being made at all: its image, its secrets, its volumes, its account."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, Clue, FaultKind, told

PULLING = ("ImagePullBackOff", "ErrImagePull", "Init:ImagePullBackOff", "Init:ErrImagePull", "ErrImageNeverPull")
BAD_NAME = ("InvalidImageName", "Init:InvalidImageName")
NOT_PULLED = (Clue("state", 0.6, {"status": PULLING}), told("image_pull", 0.4))

IMAGE_FAULTS = (
    FaultKind(
        "incorrect_image_reference",
        (
            told("image_not_found", 4.6, decisive=True),
            told("image_denied", 3.4, decisive=True),
            told("image_denied", 0.8, private=0.0),
            told("image_pull", 0.8, decisive=True),
            Clue("state", 2.4, {"status": PULLING}, decisive=True),
            Clue("state", 5.0, {"status": BAD_NAME}, decisive=True),
            Clue("change", 0.4, {"family": "deploy"}),
            told("image_unauthorized", -2.5),
            told("pull_secret_missing", -3.0),
            told("registry_dns", -5.0),
            told("registry_unreachable", -4.0),
            told("registry_certificate", -4.0),
            told("rate_limited", -5.0),
        ),
        ("the image of {component} cannot be pulled because no such image is there", ": {image}"),
        ("state", "event"),
        ANY_CONDITION,
        at_once=(
            ("compare the name and tag of the image", " {image}", " with what the registry holds"),
            ("go back to the last image that {component} ran with: kubectl rollout undo",),
        ),
        later=(("let the pipeline check that an image exists before it is deployed",),),
        runbooks=("KubePodNotReady", "KubeContainerWaiting"),
    ),
    FaultKind(
        "missing_image_pull_secret",
        (
            told("pull_secret_missing", 5.0, decisive=True),
            told("image_unauthorized", 4.6, decisive=True),
            told("image_denied", 2.6, decisive=True),
            told("image_denied", 2.0, private=1.0),
            *NOT_PULLED,
            told("image_not_found", -3.0),
            told("registry_dns", -5.0),
        ),
        (
            "{component} may not pull its image, because the registry wants credentials that it was not given",
            ": {image}",
            ", secret {object}",
        ),
        ("event",),
        ANY_CONDITION,
        at_once=(
            (
                "see whether the pull secret",
                " {object}",
                " exists in the namespace of {component} and is named by its pod or account",
            ),
            ("create it with kubectl create secret docker-registry and name it under imagePullSecrets",),
        ),
        later=(("put the pull secret on the service account, so that new workloads have it",),),
        runbooks=("KubeContainerWaiting",),
    ),
    FaultKind(
        "image_registry_dns_failure",
        (told("registry_dns", 6.0, decisive=True), *NOT_PULLED),
        ("the image of {component} cannot be pulled because the name of its registry cannot be resolved", ": {host}"),
        ("event",),
        ANY_CONDITION,
        at_once=(
            ("resolve the registry's name", " {host}", " on the node itself; the kubelet asks the node's own DNS"),
            ("see whether the registry's name is spelt right in the image", " {image}"),
        ),
        later=(("watch the DNS of the nodes, and keep a mirror of the images that must start",),),
    ),
    FaultKind(
        "image_registry_unreachable",
        (
            told("registry_unreachable", 5.0, decisive=True),
            told("registry_certificate", 5.0, decisive=True),
            told("rate_limited", 5.6, decisive=True),
            told("registry_dns", -4.0),
            *NOT_PULLED,
        ),
        ("the image of {component} cannot be pulled because its registry does not serve it", ": {image}"),
        ("event",),
        ANY_CONDITION,
        at_once=(("reach the registry from the node with curl -v: it is down, blocked, limited or not trusted",),),
        later=(("keep a mirror of the images that must start",),),
    ),
    FaultKind(
        "volume_mount_permission_denied",
        (
            told("mount_denied", 5.0, decisive=True),
            told("mounted_path_denied", 5.0, decisive=True),
            told("mount_failed", 0.3),
            Clue("log_sign", 0.5, {"sign": "permission_denied"}),
            told("host_path_missing", -2.0),
        ),
        ("{component} may not use a volume that it mounts", ": {path}", " (volume {volume})"),
        ("log", "event"),
        ANY_CONDITION,
        at_once=(
            ("compare the user that {component} runs as with the owner and mode of the volume", " at {path}"),
            ("set fsGroup or runAsUser in its securityContext, or put the owner right in an init container",),
        ),
        later=(("write the user that an image needs into its chart",),),
    ),
    FaultKind(
        "missing_service_account",
        (told("service_account_missing", 6.0, decisive=True),),
        ("pods of {component} cannot be created because their service account does not exist", ": {object}"),
        ("event",),
        ANY_CONDITION,
        at_once=(
            (
                "create the service account",
                " {object}",
                " in the namespace of {component}, or correct serviceAccountName",
            ),
            ("see in kubectl describe replicaset whether pods are created afterwards",),
        ),
        later=(("ship the account in the same chart as the workload",),),
    ),
)
