"""What the messages of a cluster's own parts mean (kubelet, controllers, admission), as data: signs by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lamplighter.diagnosis.readers.draft import Values, known

Extract = Callable[[str], Values]
_IMAGE = re.compile(
    r"(?i)(?:image|reference|manifest for|repository|unpack image) \\?[\"'`]?([a-z0-9][\w./:@-]{2,250}[\w])"
)
_LOOKUP = re.compile(r"(?i)lookup ([\w.-]{3,200})")
_OBJECT = re.compile(
    r"(?i)(configmap|secret|serviceaccount|persistentvolumeclaim|storageclass)\w{0,2}(?:\.[\w.]{1,60})? "
    r"\\?[\"'`]?(?:[\w.-]{1,100}/)?([\w.-]{1,200})\\?[\"'`]?"
)
_QUOTA = re.compile(
    r"exceeded quota: ([\w.-]{1,200}), requested: (.{1,300}?), used: (.{1,300}?), limited: ([\w.,=/ -]{1,300})"
)
_PULL = re.compile(r"pull|image|manifest|registry|repositor|resolve reference", re.IGNORECASE)
_MOUNT = re.compile(r"mount|volume|chown", re.IGNORECASE)
_FETCH = re.compile(r"pull|resolve reference|fetch|registry|image|manifest|token|authorize", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A known message. It counts behind the first of the words `after` alone, so that the time is linear."""

    sign: str
    pattern: re.Pattern[str]
    extract: Extract | None = None
    after: re.Pattern[str] | None = None

    def says(self, said: str) -> bool:
        """Whether a message says it."""
        first = self.after.search(said) if self.after else None
        if self.after and first is None:
            return False
        return self.pattern.search(said, first.end() if first else 0) is not None


def meanings(reason: str, message: str) -> Iterator[tuple[str, Values]]:
    """Every sign in one message, with what it names."""
    said = f"{reason}: {message}"[:2_000]
    for one in MESSAGES:
        if one.says(said):
            yield one.sign, one.extract(said) if one.extract else {}


def _image(said: str) -> Values:
    found, lookup = _IMAGE.search(said), _LOOKUP.search(said)
    image = found[1] if found else ""
    return known(image=image, host=lookup[1] if lookup else None, private=_is_private(image) if image else None)


def _is_private(image: str) -> bool:
    """Whether an image names a registry of its own, and not the public default."""
    first = image.split("/", maxsplit=1)[0]
    return "/" in image and ("." in first or ":" in first) and not first.endswith("docker.io")


def _object(said: str) -> Values:
    found = _OBJECT.search(said)
    key = re.search(r"(?i)(?:key|references non-existent (?:config|secret) key:?)\s{1,3}\\?[\"']?([\w.-]{1,200})", said)
    return known(
        object_kind=found[1].lower() if found else None, object=found[2] if found else None, key=key[1] if key else None
    )


def quota_values(said: str) -> Values:
    """The quota, and what was requested, used and allowed, of a refusal by admission."""
    found = _QUOTA.search(said)
    if found is None:
        return {}
    return known(quota=found[1], requested=found[2], used=found[3], limited=found[4].strip(" ,"))


def _meaning(sign: str, pattern: str, extract: Extract | None = None, after: re.Pattern[str] | None = None) -> Meaning:
    return Meaning(sign, re.compile(pattern, re.IGNORECASE), extract, after)


MESSAGES: tuple[Meaning, ...] = (
    _meaning(
        "image_pull",
        r"ErrImagePull|ImagePullBackOff|Back-?off pulling image|failed to pull (?:and unpack )?image|ErrImageNeverPull"
        r"|InvalidImageName|Failed to apply default image tag|image can't be pulled|trying and failing to pull image",
        _image,
    ),
    _meaning(
        "image_not_found",
        r"manifest unknown|manifest for .{1,250} not found|not found: manifest|name unknown|repository name not known"
        r"|failed to resolve reference .{1,260}: not found|failed to resolve image .{1,260}: not found"
        r"|InvalidImageName|couldn't parse image (?:name|reference)|invalid reference format"
        r"|Failed to apply default image tag"
        r"|repository .{1,200} not found|project .{1,200} not found|artifact .{1,260} not found"
        r"|tag .{1,200} (?:not found|does not exist)"
        r"|reading manifest .{1,260} unknown|requested image not found|ErrImageNeverPull"
        r"|image .{1,200} not present with pull policy of Never"
        r"|no match for platform in manifest|no matching manifest for|unexpected status.{0,80}404 Not Found"
        r"|repository does not exist\b(?!.{0,40}may require)",
        _image,
    ),
    _meaning(
        "image_denied",
        r"pull access denied|insufficient_scope|repository does not exist or may require"
        r"|requested access to the resource is denied",
        _image,
    ),
    _meaning(
        "image_unauthorized",
        r"(?:401 Unauthorized"
        r"|unauthorized|403 Forbidden"
        r"|no basic auth credentials|authentication required|incorrect username or password"
        r"|invalid username|denied: access forbidden"
        r"|authentication is required|UNAUTHORIZED|Unauthenticated request|permission .{0,80}denied on resource)",
        _image,
        _FETCH,
    ),
    _meaning(
        "pull_secret_missing",
        r"FailedToRetrieveImagePullSecret|unable to retrieve some image pull secrets"
        r"|couldn't find .{0,20}imagePullSecret",
        _object,
    ),
    _meaning(
        "registry_dns",
        r"(?:lookup \S{1,250}:? .{0,60}(?:no such host|server misbehaving"
        r"|i/o timeout|Temporary failure|connection refused)"
        r"|lookup \S{1,250}: (?:no such host|Temporary failure|Try again)|Temporary failure in name resolution"
        r"|NXDOMAIN|could not resolve host|SERVFAIL)",
        _image,
        _PULL,
    ),
    _meaning(
        "registry_unreachable",
        r"dial tcp \S{1,120}: (?:i/o timeout|connect: connection refused"
        r"|connect: no route|connect: network is unreachable)"
        r"|TLS handshake timeout|context deadline exceeded|Client\.Timeout exceeded",
        _image,
        _PULL,
    ),
    _meaning(
        "registry_certificate",
        r"x509: ",
        _image,
        _PULL,
    ),
    _meaning(
        "rate_limited",
        r"toomanyrequests|429 Too Many Requests.{0,100}pull|reached your (?:unauthenticated )?pull rate limit",
        _image,
    ),
    _meaning(
        "config_object_missing",
        r"configmaps? \\?[\"'`]?[\w./-]{1,200}\\?[\"'`]? (?:is )?not found|configmap references non-existent"
        r"|references non-existent config key"
        r"|couldn't find key [\w.-]{1,200} in configmap|configmap .{1,200} does not exist",
        _object,
    ),
    _meaning(
        "secret_missing",
        r"secrets? \\?[\"'`]?[\w./-]{1,200}\\?[\"'`]? (?:is )?not found|references non-existent secret key"
        r"|couldn't find key [\w.-]{1,200} in secret|secret .{1,200} does not exist",
        _object,
    ),
    _meaning("config_create_failed", r"CreateContainerConfigError", _object),
    _meaning(
        "service_account_missing",
        r"error looking up service account|serviceaccounts? \\?[\"'`]?[\w./-]{1,200}\\?[\"'`]? not found"
        r"|service account .{1,120} (?:was )?not found|no service account with specified name"
        r"|service account .{1,120} does not exist",
        _object,
    ),
    _meaning(
        "mount_denied",
        r"permission denied|access denied|operation not permitted|denied by server",
        after=_MOUNT,
    ),
    _meaning(
        "mount_failed",
        r"FailedMount|MountVolume\.\w{1,40} failed|Unable to attach or mount volumes|hostPath type check failed",
    ),
    _meaning(
        "host_path_missing",
        r"hostPath type check failed|MountVolume.{0,300}(?:no such file or directory|does not exist)",
    ),
    _meaning(
        "multi_attach",
        r"Multi-Attach error|volume is already exclusively attached|already used by pod|ReadWriteOncePod",
    ),
    _meaning("attach_failed", r"FailedAttachVolume|AttachVolume\.\w{1,30} failed"),
    _meaning("back_off", r"Back-?off restarting failed container|^BackOff: Back-off restarting"),
    _meaning("job_backoff", r"BackoffLimitExceeded|Job has reached the specified backoff limit|PodFailurePolicy"),
    _meaning(
        "job_deadline", r"Job was active longer than specified deadline|\bDeadlineExceeded\b.{0,40}(?:job|active)"
    ),
    _meaning("job_schedule_missed", r"too many missed start times|FailedNeedsStart|missed scheduled time|MissSchedule"),
    _meaning("oom_kill", r"SystemOOM|OOMKilling|Memory cgroup out of memory|System OOM encountered"),
    _meaning(
        "evicted_disk",
        r"low on resource: (?:ephemeral-storage|inodes)|exceeded its local ephemeral storage"
        r"|ephemeral local storage usage exceeds|emptyDir volume .{0,100}exceeds",
    ),
    _meaning("evicted_memory", r"low on resource: memory"),
    _meaning(
        "disk_pressure",
        r"NodeHasDiskPressure|FreeDiskSpaceFailed|ImageGCFailed|EvictionThresholdMet.{0,60}(?:ephemeral"
        r"|fs)|kubelet has disk pressure",
    ),
    _meaning(
        "kubelet_silent", r"kubelet stopped posting node status|NodeStatusUnknown|kubelet never posted node status"
    ),
    _meaning(
        "runtime_down",
        r"container runtime is down|container runtime (?:status check|is not ready"
        r"|not ready)|PLEG is not healthy|container runtime \w{1,20} is not running"
        r"|(?:containerd|crio|cri-dockerd|docker)\.sock.{0,200}(?:connection refused"
        r"|no such file|connect:)|ContainerRuntimeNotReady"
        r"|validate CRI v1 runtime API|ContainerdStart.{0,40}fail|runtime service failed",
    ),
    _meaning(
        "runtime_docker",
        r"Cannot connect to the Docker daemon|docker(?: daemon)? is (?:down|not running)"
        r"|docker\.sock.{0,120}(?:refused|no such file)",
    ),
    _meaning(
        "network_plugin",
        r"cni (?:plugin )?(?:config )?(?:not initialized|uninitialized)|NetworkPluginNotReady"
        r"|network plugin is not ready|NetworkReady=false|no networks found in /etc/cni",
    ),
    _meaning(
        "sandbox_failed",
        r"FailedCreatePodSandBox|failed to (?:create|set ?up) .{0,40}sandbox|failed to setup network for sandbox",
    ),
    _meaning("node_not_ready", r"NodeNotReady|Node is not ready|node .{1,120} status is now: NodeNotReady"),
    _meaning("node_unschedulable", r"NodeNotSchedulable|status is now: NodeNotSchedulable"),
    _meaning("quota", r"exceeded quota:", quota_values),
    _meaning("quota_unspecified", r"failed quota: .{1,200}must specify"),
    _meaning(
        "limit_range",
        r"(?:maximum|minimum) (?:cpu|memory|storage)\w{0,20} usage per (?:Container|Pod|PersistentVolumeClaim) is",
    ),
    _meaning(
        "storage_class_missing",
        r"storageclass(?:\.storage\.k8s\.io)? \\?[\"'`]?[\w./-]{1,200}\\?[\"'`]? not found"
        r"|no persistent volumes available for this claim and no storage class is set"
        r"|storageClassName does not match|can't find storage ?class",
        _object,
    ),
    _meaning("provisioning_failed", r"ProvisioningFailed|failed to provision volume"),
    _meaning(
        "claim_too_small",
        r"requested PV is too small|OutOfRange.{0,120}(?:capacity|size)|insufficient capacity"
        r"|not enough (?:free )?(?:space|capacity)|volume size .{0,60}(?:smaller"
        r"|too small)|requested (?:size"
        r"|capacity) .{0,80}(?:exceeds|larger)",
    ),
    _meaning(
        "claim_access_mode",
        r"MULTI_NODE_MULTI_WRITER|capabilit(?:y|ies) .{0,60}not supported|incompatible access ?modes?"
        r"|access ?modes? .{0,80}(?:not supported|unsupported"
        r"|does not match|mismatch)|only support(?:s|ed)? .{0,40}ReadWriteOnce|unsupported access ?mode"
        r"|does not support .{0,20}ReadWriteMany",
    ),
    _meaning(
        "claim_taken_said",
        r"already bound to (?:a )?different claim|volume .{1,200} (?:is )?already bound"
        r"|PV is bound to a different|bound to claim .{1,200} (?:already|instead)",
    ),
    _meaning("claim_lost", r"ClaimLost|Bound claim has lost"),
    _meaning("no_volume", r"no persistent volumes available for this claim"),
    _meaning(
        "policy_violation",
        r"violates PodSecurity|PodSecurityPolicy: unable to admit|SecurityContextDeny"
        r"|unable to validate against any security context constraint",
    ),
    _meaning("webhook_failed", r"failed calling webhook|admission webhook .{1,200} denied"),
    _meaning("user_mismatch", r"container has runAsNonRoot and image (?:will run as root|has non-numeric user)"),
    _meaning("endpoint_failed", r"FailedToUpdateEndpoint|FailedToUpdateEndpointSlices"),
    _meaning("load_balancer", r"SyncLoadBalancerFailed|CreatingLoadBalancerFailed|Error syncing load balancer"),
    _meaning("preempted", r"^Preempted|Preempted by"),
    _meaning("dns_config", r"DNSConfigForming"),
)
