"""What tools of delivery print of an application that they could not bring into the cluster: Argo CD, Flux, Helm."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.domain.evidence import Evidence, Fact

TOOLS = ("argocd", "flux", "helm")
_NAME = re.compile(r"^\s{0,4}Name:\s{1,40}(\S{1,253})", re.MULTILINE)
_FAILED = re.compile(
    r"(?i)\b(?:Message|STATUS|Reason):?\s{0,20}(?=\S)(.{0,300}?(?:failed to apply|failed to sync"
    r"|sync failed|install retries exhausted|upgrade failed|failed post-install"
    r"|failed to (?:create|patch|install|upgrade|render)|dry-run failed|reconciliation failed|not found\b).{0,300})"
)


def delivery_facts(pieces: list[Evidence]) -> list[Fact]:
    """A fact `kube` delivery_failed of each application of which a tool says so."""
    facts: list[Fact] = []
    for piece in pieces:
        if piece.tool.split(".", maxsplit=1)[0] in TOOLS:
            facts += _failed(piece)
    return facts


def _failed(piece: Evidence) -> Iterator[Fact]:
    named = _NAME.search(piece.content[:20_000])
    name = (named[1] if named else piece.params.get("app_name") or piece.params.get("name") or "").rsplit(
        "/", maxsplit=1
    )[-1]
    found = _FAILED.search(piece.content[:60_000])
    if not name or found is None or re.search(r"exceeded quota", found[1]):
        return
    ground = Ground(piece.id, piece.params.get("query") or piece.tool, name, piece.at)
    words = f"{piece.tool} of {name}: {shown(found[1], 400)}"
    yield fact_of(ground, KUBE, words, known(sign="delivery_failed", target=name))
