"""Reads from a rule's expression what must be there, and be fresh, before its silence means health. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import promql_parser as ast

from lamplighter.integrations.prometheus.promql import COMPARISONS, selector_text, text_of

QUERY_CHARS_MAX = 16_384
NEEDS_MAX = 24

_UNGROUPED = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_RELABELLING = frozenset({"label_replace", "label_join"})
_ABSENCE = frozenset({"absent", "absent_over_time"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Which of a series' labels the rule's alert still shows: `kept` only, or all where None, less `dropped`."""

    kept: frozenset[str] | None = None
    dropped: frozenset[str] = frozenset()

    def only(self, names: frozenset[str]) -> Scope:
        """This scope after `by` or `on`."""
        return replace(self, kept=names if self.kept is None else self.kept & names)

    def without(self, names: frozenset[str]) -> Scope:
        """This scope after `without` or `ignoring`."""
        return replace(self, dropped=self.dropped | names)

    def agreeing(self, metrics: Sequence[Mapping[str, str]], labels: Mapping[str, str]) -> list[int]:
        """Where in `metrics` are the series that an alert of these labels may speak of.

        A label that none of the series has, such as one added on the way out, tells nothing; one that some have and
        others lack tells those apart.
        """
        names = frozenset(labels).intersection(frozenset().union(*metrics)) - self.dropped
        seen = names if self.kept is None else names & self.kept
        return [index for index, metric in enumerate(metrics) if all(metric.get(name) == labels[name] for name in seen)]


class NeedKind(StrEnum):
    """A series selector, or one side of a comparison."""

    SELECTOR = "selector"
    OPERAND = "operand"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that must have data. Where it is not `firm`, it may be absent, but not stale."""

    kind: NeedKind
    query: str
    scope: Scope
    firm: bool


def needs_of(query: str) -> tuple[Need, ...]:
    """What the expression rests on, each once. Raises `ValueError` where it cannot be read or rests on too much."""
    if len(query) > QUERY_CHARS_MAX:
        raise ValueError(f"the expression is longer than {QUERY_CHARS_MAX} characters")
    found: dict[Need, None] = {}
    try:
        _walk(ast.parse(query), Scope(), firm=True, found=found)
    except RecursionError as problem:
        raise ValueError("the expression is nested too deeply") from problem
    if len(found) > NEEDS_MAX:
        raise ValueError(f"the expression rests on more than {NEEDS_MAX} selectors and operands")
    return tuple(found)


def selectors_of(query: str) -> tuple[str, ...]:
    """Every series selector of the expression, without offsets, each once. Raises `ValueError`."""
    return tuple(dict.fromkeys(need.query for need in needs_of(query) if need.kind is NeedKind.SELECTOR))


def _walk(node: ast.Expr, scope: Scope, *, firm: bool, found: dict[Need, None]) -> None:
    match node:
        case ast.VectorSelector():
            found[Need(NeedKind.SELECTOR, selector_text(node), scope, firm)] = None
        case ast.MatrixSelector():
            _walk(node.vector_selector, scope, firm=firm, found=found)
        case ast.ParenExpr() | ast.UnaryExpr() | ast.SubqueryExpr():
            _walk(node.expr, scope, firm=firm, found=found)
        case ast.Call():
            for part in node.args:
                _walk(part, _called(node, scope), firm=firm, found=found)
        case ast.AggregateExpr():
            _walk(node.expr, _aggregated(node, scope), firm=firm, found=found)
            if node.param is not None:
                _walk(node.param, Scope(kept=frozenset()), firm=firm, found=found)
        case ast.BinaryExpr():
            _walk_binary(node, scope, firm=firm, found=found)


def _walk_binary(node: ast.BinaryExpr, scope: Scope, *, firm: bool, found: dict[Need, None]) -> None:
    left, right = _matched(node, scope)
    _walk(node.lhs, left, firm=firm, found=found)
    # More data on the right of `unless` silences the rule instead of firing it, so there absence cannot feign health.
    _walk(node.rhs, right, firm=firm != (str(node.op) == "unless"), found=found)
    if not firm or not _filters(node):
        return
    sides = ((node.lhs, left), (node.rhs, right))
    for side, seen in sides[:1] if str(node.op) == "unless" else sides:
        if _has_series(side) and not _may_be_empty(side):
            found[Need(NeedKind.OPERAND, text_of(side), seen, firm)] = None


def _filters(node: ast.Expr) -> bool:
    """Whether this very node drops series whose values are fine."""
    if isinstance(node, ast.Call):
        return node.func.name in _ABSENCE
    if not isinstance(node, ast.BinaryExpr):
        return False
    compares = str(node.op) in COMPARISONS
    return str(node.op) in {"and", "unless"} or (compares and not (node.modifier and node.modifier.return_bool))


def _may_be_empty(node: ast.Expr) -> bool:
    filtering: list[ast.Expr] = []
    ast.walk(node, lambda part: filtering.append(part) if _filters(part) else None)
    return bool(filtering)


def _has_series(node: ast.Expr) -> bool:
    series: list[ast.Expr] = []
    ast.walk(node, lambda part: series.append(part) if isinstance(part, ast.VectorSelector) else None)
    return bool(series)


def _called(node: ast.Call, scope: Scope) -> Scope:
    if node.func.name == "scalar":
        return Scope(kept=frozenset())
    if node.func.name in _RELABELLING and isinstance(node.args[1], ast.StringLiteral):
        return scope.without(frozenset({node.args[1].val}))
    return scope


def _aggregated(node: ast.AggregateExpr, scope: Scope) -> Scope:
    if node.modifier is None:
        return scope if str(node.op) in _UNGROUPED else scope.only(frozenset())
    names = frozenset(node.modifier.labels)
    if str(node.op) in _UNGROUPED:
        return scope
    return scope.only(names) if node.modifier.type == ast.AggModifierType.By else scope.without(names)


def _matched(node: ast.BinaryExpr, scope: Scope) -> tuple[Scope, Scope]:
    """The scopes of both sides: the side that gives the result its labels keeps them, the other is joined by some."""
    modifier = node.modifier
    if modifier is None:
        return scope, scope
    joined = scope
    if modifier.matching is not None:
        names = frozenset(modifier.matching.labels)
        included = modifier.matching.type == ast.LabelModifierType.Include
        taken = frozenset(modifier.group_labels or ())
        joined = scope.only(names | taken) if included else scope.without(names - taken)
    if modifier.card == ast.VectorMatchCardinality.ManyToOne:
        return scope, joined
    if modifier.card == ast.VectorMatchCardinality.OneToMany:
        return joined, scope
    if str(node.op) == "or":
        return scope, scope
    return (scope if str(node.op) in {"and", "unless"} else joined), joined
