"""Why claims for storage stay unbound: class, size, access mode, selector, or a volume that is taken."""

from __future__ import annotations

from collections.abc import Iterator

from lamplighter.diagnosis.cluster.claimants import user_of
from lamplighter.diagnosis.cluster.drafting import sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen, same_namespace
from lamplighter.diagnosis.cluster.placing import expression_holds
from lamplighter.diagnosis.readers.document import at, items, text
from lamplighter.diagnosis.readers.kube_quantity import quantity
from lamplighter.domain.evidence import Fact

_WAITING = frozenset({"Pending", "Lost"})


def storage_facts(found: Inventory) -> list[Fact]:
    """Facts `kube` on each claim that is not bound, under the component that uses it."""
    facts: list[Fact] = []
    for claim in found.of("persistentvolumeclaim"):
        if text(claim.body, "status", "phase") not in _WAITING:
            continue
        component = user_of(found, claim.namespace, claim.name)
        phase = text(claim.body, "status", "phase")
        facts.append(sign_fact(found, claim, "claim_unbound", f"claim {claim.name} is {phase}", component))
        facts += _reasons(found, claim, component)
    return facts


def _reasons(found: Inventory, claim: Seen, component: str) -> Iterator[Fact]:
    volumes = list(found.of("persistentvolume"))
    if any(_class(one) == text(claim.body, "spec", "storageClassName") for one in volumes):
        words = f"there are volumes of the storage class of claim {claim.name}"
        yield sign_fact(found, claim, "class_has_volumes", words, component)
    wanted = text(claim.body, "spec", "volumeName")
    aimed = [one for one in volumes if one.name == wanted]
    classes = {one.name for one in found.of("storageclass")}
    name = text(claim.body, "spec", "storageClassName")
    if classes and name and name not in classes and not any(_class(one) == name for one in volumes):
        have = ", ".join(sorted(classes)[:5])
        words = f"claim {claim.name} wants storage class {name}, which does not exist; there are {have}"
        yield sign_fact(found, claim, "claim_class", words, component, strength=1.0)
        return
    hindered = sorted(
        ((_hindrances(claim, one), one) for one in aimed or volumes), key=lambda pair: _nearness(claim, *pair)
    )
    if not hindered:
        return
    hindrances, volume = hindered[0]
    alike = sum(len(one) == len(hindrances) for one, _ in hindered)
    for sign, words in hindrances:
        text_of = f"claim {claim.name} cannot have volume {volume.name}: {words}"
        strength = 1.0 if len(hindrances) == 1 else 0.5
        yield sign_fact(
            found, claim, sign, text_of, component, strength=strength, volume=volume.name, alike=float(alike)
        )


def _nearness(claim: Seen, hindrances: list[tuple[str, str]], volume: Seen) -> tuple[int, int, int, str]:
    """The volume that was likely meant: the one with the fewest hindrances; free ones before taken ones."""
    kin = len(set(claim.name.split("-")) & set(volume.name.split("-")))
    taken = any(sign == "claim_taken" for sign, _ in hindrances)
    return len(hindrances), int(taken), -kin, volume.name


def _class(one: Seen) -> str:
    return text(one.body, "spec", "storageClassName")


def _hindrances(claim: Seen, volume: Seen) -> list[tuple[str, str]]:
    """What keeps a claim from one volume, each as a sign and its words."""
    found: list[tuple[str, str]] = []
    held = at(volume.body, "spec", "claimRef")
    owner = (text(held, "namespace"), text(held, "name"))
    other = bool(owner[1]) and (owner[1] != claim.name or not same_namespace(owner[0], claim.namespace))
    if other or text(volume.body, "status", "phase") == "Released":
        phase = text(volume.body, "status", "phase") or "taken"
        found.append(("claim_taken", f"it is {phase} to {'/'.join(part for part in owner if part)}"))
    if _class(claim) != _class(volume) and (claim.whole or _class(claim)):
        found.append(
            ("claim_class", f"the claim's class is {_class(claim) or 'none'}, the volume's {_class(volume) or 'none'}")
        )
    asked, size = quantity(_asked(claim)), quantity(at(volume.body, "spec", "capacity", "storage"))
    if asked is not None and size is not None and asked > size:
        has = at(volume.body, "spec", "capacity", "storage")
        found.append(("claim_size", f"the claim wants {_asked(claim)}, the volume has {has}"))
    modes, offered = set(items(claim.body, "spec", "accessModes")), set(items(volume.body, "spec", "accessModes"))
    if modes and offered and not modes <= offered:
        found.append(("claim_mode", f"the claim wants {_joined(modes)}, the volume offers {_joined(offered)}"))
    selector = at(claim.body, "spec", "selector")
    if not selects(selector, volume.labels) and (volume.labels or volume.whole):
        wanted = selector_words(selector)
        marks = ",".join(f"{key}={value}" for key, value in volume.labels.items())
        found.append(("claim_selector", f"the claim selects {wanted}, the volume bears {marks or 'no labels'}"))
    return found


def selects(selector: object, labels: dict[str, object]) -> bool:
    """Whether labels bear all that a selector asks for."""
    chosen = at(selector, "matchLabels")
    pairs = chosen if isinstance(chosen, dict) else {}
    if any(str(labels.get(key)) != str(value) for key, value in pairs.items()):
        return False
    return all(expression_holds(one, labels) for one in items(selector, "matchExpressions"))


def selector_words(selector: object) -> str:
    """A selector as a person writes it."""
    chosen = at(selector, "matchLabels")
    parts = [f"{key}={value}" for key, value in chosen.items()] if isinstance(chosen, dict) else []
    parts += [
        f"{text(one, 'key')} {text(one, 'operator')} {','.join(map(str, items(one, 'values')))}".strip()
        for one in items(selector, "matchExpressions")
    ]
    return ", ".join(parts)


def _asked(claim: Seen) -> object:
    return at(claim.body, "spec", "resources", "requests", "storage")


def _joined(modes: set[object]) -> str:
    return ", ".join(sorted(str(one) for one in modes))
