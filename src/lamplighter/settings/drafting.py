"""A whole configuration file made of what is set and what was found, for a person to copy. It writes no file."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lamplighter.domain.checkup import NO_PEOPLE
from lamplighter.settings.export import as_yaml, open_tree
from lamplighter.settings.load import ALWAYS_ON, FILE_NAME, SOURCES_OF, Settings
from lamplighter.settings.model import Configuration

HEAD = f"""\
# {FILE_NAME}: what is set, and what was found. It is the only place of configuration; nothing changes it for you.
# Check it: lamplighter config check     What works with it: lamplighter doctor
"""
NOTIFY = "notify"
LEFT_OUT = "# Left out, because a secret stands in it"
TELEGRAM = {NOTIFY: {"telegram": {"token_file": "/run/secrets/telegram_token", "chat": 123456789}}}


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """The file for a token in the server's own `folder`. `prefix` leads into a container, `by_root` under systemd."""

    path: str
    folder: str
    prefix: str = ""
    by_root: bool = False


def draft(
    settings: Settings,
    additions: Mapping[str, Mapping[str, Any]],
    topic: str,
    url: str = "",
    paired: Mapping[str, object] | None = None,
) -> str:
    """The text of the file; empty where it could not be whole without a secret, because secrets never leave.

    `additions` are parts by section and name; what tells people stands among them as a comment, for that is a
    person's to decide. `url` is how people reach this server, where that is known. `paired` is what goes below
    notify.telegram once a phone answered.
    """
    tree, secrets = open_tree(settings)
    left_out = sorted({_part_of(key) for key in secrets})
    if any(_is_needed(key, settings) for key in left_out):
        return ""
    for key in left_out:
        section, _, name = key.partition(".")
        tree.get(section, {}).pop(name, None)
    _complete(tree, settings, url)
    _add(tree, {section: parts for section, parts in additions.items() if section != NOTIFY})
    if paired:
        _add(tree, {NOTIFY: {"telegram": paired}})
    order = list(Configuration.model_fields)
    # A section that somebody left empty says something: no sources is not the same as those found by themselves.
    kept = {key: tree[key] for key in sorted(tree, key=order.index) if tree[key] != {} or _is_meant(key, settings)}
    missing = f"{LEFT_OUT}: {', '.join(left_out)}\n" if left_out else ""
    told = missing or paired or _reaches_people(settings.channels)
    found = additions.get(NOTIFY, {})
    return f"{HEAD}{missing}{as_yaml(kept)}{'' if told else _channels(found, topic, given=NOTIFY in kept)}"


def _part_of(key: str) -> str:
    """The part of the configuration that cannot stand without this secret."""
    section, _, rest = key.partition(".")
    return f"{section}.{rest.partition('.')[0]}"


def _is_needed(key: str, settings: Settings) -> bool:
    """Whether the rest could not stand without this part: a list has no holes, and checks ask their source."""
    section, _, name = key.partition(".")
    asked = {SOURCES_OF.get(check.kind, "") for check in settings.configuration.checks}
    return name.isdigit() or (section == "sources" and name in asked)


def _is_meant(key: str, settings: Settings) -> bool:
    return key == "sources" and settings.written.get(key) == {}


def _complete(tree: dict[str, Any], settings: Settings, url: str) -> None:
    """What a reader looks for first, also where it is at its default."""
    configuration = settings.configuration
    tree["site"] = {"name": configuration.site.name, **({"url": url} if url else {}), **tree.get("site", {})}
    tree["autonomy"] = {"mode": str(configuration.autonomy.mode), **tree.get("autonomy", {})}
    if "sources" not in settings.written:
        # Once the file has the section, the local engine is not looked for by itself any more.
        tree["sources"] = {name: {} for name in settings.sources if name not in ALWAYS_ON}


def _add(tree: dict[str, Any], additions: Mapping[str, Mapping[str, Any]]) -> None:
    """What was found, below what was set: a value of a person's own is never changed."""
    for section, parts in additions.items():
        here = tree.setdefault(section, {})
        for name, part in parts.items():
            here[name] = {**part, **(here.get(name) or {})}


def channel_lines(topic: str) -> dict[str, str]:
    """The lines of each way to tell people, by what it is called; each is whole."""
    return {
        "Telegram": as_yaml(TELEGRAM),
        "ntfy": as_yaml({NOTIFY: {"ntfy": {"topic": topic}}}),
        "anything else, by Apprise": as_yaml({NOTIFY: {"others": ["mailtos://user:password@example.com"]}}),
    }


def telegram_lines(paired: Mapping[str, object]) -> str:
    """What a pairing found, as lines of the file."""
    return as_yaml({NOTIFY: {"telegram": dict(paired)}})


def token_line(place: TokenPlace) -> str:
    """The line that takes a token from the keyboard into its file, for nobody but the server to read."""
    file, folder = shlex.quote(place.path), shlex.quote(f"{place.folder}/.")
    # What lies there already may be readable by others, or lead elsewhere: it goes, and nothing but a fresh file is
    # written, because in a folder of the server's own root must follow no link.
    kept = f"umask 077; rm -f {file}; set -C; cat > {file}"
    if place.by_root:
        return f"sudo {shlex.join(['sh', '-c', f'{kept} && chown -h --reference={folder} {file}'])}"
    return f"{place.prefix}{shlex.join(['sh', '-c', kept])}"


def _reaches_people(channels: Collection[str]) -> bool:
    return any(name not in NO_PEOPLE for name in channels)


def _channels(found: Mapping[str, Any], topic: str, *, given: bool) -> str:
    """How people could be told, as comments: a secret must be in its file before its line can be read."""
    lines = as_yaml({**TELEGRAM[NOTIFY], "ntfy": {"topic": topic}, **found}).splitlines()
    note = "what follows goes below notify:" if given else "with your own values; token_file must be there, mode 600"
    head = f"# Nobody is told yet. Take the # away from one, {note}"
    return "\n".join([head, *([] if given else ["# notify:"]), *(f"#   {line}" for line in lines)]) + "\n"
