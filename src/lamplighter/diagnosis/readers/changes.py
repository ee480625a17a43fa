"""What kind of change a text or one of Ansible's modules speaks of. Whether it did harm is not decided here."""

from __future__ import annotations

import re

TEXT_CHARS_MAX = 2000
_FAMILIES = (
    (
        "latency",
        re.compile(
            r"(?i)delay_?mode|\bdelay\w{0,10}\b.{0,60}\d|\btoxic\b.{0,80}latency|\bnetem\b"
            r"|inject\w{0,5} .{0,40}(?:latency|delay)|(?:latency|delay) inject"
        ),
    ),
    (
        "fault",
        re.compile(
            r"(?i)inject\w{0,5} .{0,40}(?:error|fault|failure|abort)|(?:error|fault|failure|abort) ?-?inject"
            r"|\bchaos\b|fault filter"
        ),
    ),
    (
        "flag",
        re.compile(
            r"(?i)\b(?:feature[-_ ]?)?(?:flag|toggle|experiment|variant)s?\b|\bfeature\b.{0,80}\b(?:enabled"
            r"|activated|turned on|switched on|rolled out)|\b(?:enabled|turned on|switched on"
            r"|activated) (?:the )?(?:new )?feature"
        ),
    ),
    ("deploy", re.compile(r"(?i)\b(?:deploy\w*|image|version|release\w*|rollout|upgrade\w*)\b")),
    (
        "configuration",
        re.compile(r"(?i)\b(?:config\w*|parameter|setting|set to|changed to|template|\w+\.(?:ini|conf|ya?ml|toml))\b"),
    ),
)
_MODULES = (
    (
        "deploy",
        re.compile(
            r"apk|apt|dnf|docker_(?:compose\w{0,10}|container|image|stack|swarm_service)|gem|get_url|git|helm|k8s|npm"
            r"|package|pip|podman_(?:container|image)|snap|unarchive|yum|zypper"
        ),
    ),
    (
        "configuration",
        re.compile(
            r"acl|assemble|authorized_key|(?:block|line)infile|copy|cron|docker_(?:config|secret)|file|filesystem"
            r"|firewalld|hostname|ini_file|iptables|mount|nmcli|parted|postgresql_set|replace|seboolean|selinux|sysctl"
            r"|template|timezone|ufw|user|xml"
        ),
    ),
    ("restart", re.compile(r"reboot|service|shutdown|supervisorctl|systemd(?:_service)?|sysvinit")),
)
# What a task is called first: "Restart nginx", "store : Reload the settings".
_RESTART = re.compile(r"(?i)\s{0,4}(?:restart|reload|reboot)\w{0,4}\b")


def family_of(what: str) -> str:
    """deploy, configuration or other, by the words of a text."""
    text = what[:TEXT_CHARS_MAX]
    return next((word for word, pattern in _FAMILIES if pattern.search(text)), "other")


def family_of_task(action: str, name: str) -> str:
    """deploy, configuration, restart or other: by the module where it is known, or else by the task's name."""
    if _RESTART.match(name.rpartition(": ")[2]):
        return "restart"
    module = action.rsplit(".", maxsplit=1)[-1]
    return next((family for family, modules in _MODULES if modules.fullmatch(module)), "") or family_of(name)


def names_component(text: str, component: str) -> bool:
    """Whether a text names a component as a word of its own."""
    if not component:
        return False
    pattern = rf"(?<![\w-]){re.escape(component)}(?![\w-])"
    return re.search(pattern, text[:TEXT_CHARS_MAX], re.IGNORECASE) is not None
