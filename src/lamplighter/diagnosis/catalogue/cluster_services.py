"""Faults of the way between components in a cluster: services, addresses, ingresses, policies."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, Clue, FaultKind, graded, told

CLUSTER_SERVICE_FAULTS = (
    FaultKind(
        "service_selector_mismatch",
        (
            told("selector_matches_nothing", 4.2, decisive=True),
            told("selector_matches_nothing", 1.2, empty=1.0),
            told("selector_matches_nothing", -1.6, related=0.0),
            told("endpoints_empty_though_ready", 3.6, decisive=True),
            told("endpoints_empty", 0.3),
            Clue("change", 0.2),
        ),
        ("service {component} selects labels that no pod bears", ": {selector}", ", so that it has no endpoints"),
        ("service", "pod labels"),
        ANY_CONDITION,
        at_once=(
            ("compare the selector", " {selector}", " of {component} with kubectl get pods --show-labels"),
            (
                (
                    "correct the selector, or the labels in the pod's template, and see kubectl "
                    "get endpoints {component} fill"
                ),
            ),
        ),
        later=(("generate selector and labels from one place in the chart",),),
    ),
    FaultKind(
        "service_port_mapping_mismatch",
        (
            *graded("target_port_wrong", 3.2, 4.8),
            told("endpoints_empty", -0.5),
            told("target_port_doubtful", 2.2, decisive=True),
            told("refuses_calls", 1.4),
        ),
        ("service {component} leads to a port where its pods do not listen",),
        ("service", "pod"),
        ANY_CONDITION,
        at_once=(
            ("set targetPort of {component} to the port of its container",),
            ("ask the pod's own address at both ports from a debug container",),
        ),
        later=(("name ports, and let services lead to names",),),
    ),
    FaultKind(
        "service_protocol_mismatch",
        (told("protocol_wrong", 5.0, decisive=True),),
        ("service {component} carries another protocol than what its pods speak",),
        ("service", "pod"),
        ANY_CONDITION,
        at_once=(
            ("set protocol of the port of {component} to what the container listens with (TCP or UDP)",),
            ("list both, where clients use both",),
        ),
        later=(("test the service from within the cluster after each change",),),
    ),
    FaultKind(
        "service_env_var_address_mismatch",
        (
            *graded("address_wrong", 2.6, 3.8),
            told("address_wrong", 1.4, tried=1.0),
            told("address_wrong", 0.8, has_near=1.0),
            Clue("change", 0.2),
        ),
        ("{component} was given an address in its environment that no service has",),
        ("service", "environment"),
        ANY_CONDITION,
        at_once=(
            ("correct the variable in the workload of {component} to the service's name and port",),
            ("see with kubectl get service which names and ports there are",),
        ),
        later=(("let a check of the charts resolve every address in the environment",),),
    ),
    FaultKind(
        "ingress_misrouted",
        (
            told("ingress_backend_missing", 4.8, decisive=True),
            told("ingress_port_wrong", 4.6, decisive=True),
            told("ingress_wrong_service", 3.4, decisive=True),
            told("ingress_class_missing", 4.4, decisive=True),
            told("ingress_backend_empty", 1.6, decisive=True),
            told("ingress_route", 0.0),
        ),
        ("ingress {component} leads requests to what does not serve them", ": {service}"),
        ("ingress", "service"),
        ANY_CONDITION,
        at_once=(
            ("compare the backends of ingress {component} with kubectl get service",),
            ("correct the service's name or port", " {service}", " in it, and read the controller's log"),
        ),
        later=(("check ingresses against services before they are applied",),),
    ),
    FaultKind(
        "firewall_or_policy_block",
        (
            told("policy_blocks", 4.8, decisive=True),
            told("policy_denied", 5.0, decisive=True),
            told("policy_selects", 0.0),
            told("call_timeout", 0.6),
        ),
        ("traffic of {component} is dropped by a rule of the network", ": policy {policy}"),
        ("networkpolicy",),
        ANY_CONDITION,
        at_once=(
            ("compare the network policy", " {policy}", " with the labels of who calls and the port that is called"),
            ("allow that traffic in it, and try again from the caller's own pod",),
        ),
        later=(("test policies with the calls that must work before they are applied",),),
    ),
    FaultKind(
        "dependency_missing_at_start",
        (
            told("waits_for", 3.4, decisive=True),
            told("waits_for", 1.4, missing=1.0),
            Clue("state", 0.8, {"restarting": 1.0}),
            Clue("state", 0.8, {"init": 1.0}),
            Clue("state", 0.4, {"running": 0.0}),
            Clue("health", 0.4, {"status": "unhealthy"}),
            told("address_wrong", -2.6, has_near=1.0),
            told("address_wrong", -0.6, tried=1.0),
            Clue("state", -3.0, {"ready": 1.0}),
        ),
        ("{component} cannot start because something that it needs is not there", ": {target}"),
        ("service", "log"),
        ANY_CONDITION,
        at_once=(
            ("see whether", " {target}", " is deployed in this namespace, and under this name"),
            ("start it first, then restart {component}",),
        ),
        later=(("let {component} wait and try again instead of ending",),),
        yields=True,
    ),
)
