"""Writes a parsed PromQL expression out again as text that a server reads as the same. It decides nothing.

The parser's own printing leaves quotes and backslashes in label values unescaped and turns a subquery without a step
into a range, so it cannot be sent to a server.
"""

from __future__ import annotations

from datetime import timedelta

import promql_parser as ast

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
_SIGNS = {
    str(ast.MatchOp.Equal): "=",
    str(ast.MatchOp.NotEqual): "!=",
    str(ast.MatchOp.Re): "=~",
    str(ast.MatchOp.NotRe): "!~",
}


def quoted(value: str) -> str:
    """A PromQL string literal of exactly this value."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def selector_text(selector: ast.VectorSelector) -> str:
    """The series selector alone, as it stands now: no offset and no @."""
    groups = [selector.matchers.matchers, *selector.matchers.or_matchers]
    shown = [",".join(f"{m.name}{_SIGNS[str(m.op)]}{quoted(m.value)}" for m in group) for group in groups if group]
    return f"{selector.name or ''}{{{' or '.join(shown)}}}"


def text_of(node: ast.Expr) -> str:
    """The expression as PromQL. Raises `ValueError` for a kind of expression that is not known here."""
    match node:
        case ast.NumberLiteral():
            return repr(float(node.val)).removesuffix(".0")
        case ast.StringLiteral():
            return quoted(node.val)
        case ast.ParenExpr():
            return f"({text_of(node.expr)})"
        case ast.UnaryExpr():
            return f"-{text_of(node.expr)}"
        case ast.Call():
            return f"{node.func.name}({', '.join(text_of(part) for part in node.args)})"
        case ast.AggregateExpr():
            return _aggregate(node)
        case ast.BinaryExpr():
            return _binary(node)
    return _selection(node)


def _selection(node: ast.Expr) -> str:
    match node:
        case ast.VectorSelector():
            return selector_text(node) + _shift(node)
        case ast.MatrixSelector():
            inner = node.vector_selector
            return f"{selector_text(inner)}[{ast.display_duration(node.range)}]{_shift(inner)}"
        case ast.SubqueryExpr():
            return f"{text_of(node.expr)}[{_length(node.range)}:{_length(node.step)}]{_shift(node)}"
    raise ValueError(f"an expression of kind {type(node).__name__} is not known")


def _length(duration: timedelta | None) -> str:
    return ast.display_duration(duration) if duration is not None else ""


def _shift(node: ast.VectorSelector | ast.SubqueryExpr) -> str:
    at = f" @ {node.at}".replace("@ @", "@") if node.at is not None else ""
    if node.offset is None:
        return at
    seconds = node.offset.total_seconds()
    sign = "-" if seconds < 0 else ""
    return f"{at} offset {sign}{ast.display_duration(abs(node.offset))}"


def _aggregate(node: ast.AggregateExpr) -> str:
    inner = [node.param] if node.param is not None else []
    grouping = ""
    if node.modifier is not None:
        word = "by" if node.modifier.type == ast.AggModifierType.By else "without"
        grouping = f" {word} ({', '.join(node.modifier.labels)})"
    return f"{node.op}{grouping} ({', '.join(text_of(part) for part in [*inner, node.expr])})"


def _binary(node: ast.BinaryExpr) -> str:
    words = [str(node.op)]
    modifier = node.modifier
    if modifier is not None:
        if modifier.return_bool:
            words.append("bool")
        if modifier.matching is not None:
            kind = "on" if modifier.matching.type == ast.LabelModifierType.Include else "ignoring"
            words.append(f"{kind} ({', '.join(modifier.matching.labels)})")
        if modifier.card == ast.VectorMatchCardinality.ManyToOne:
            words.append(f"group_left ({', '.join(modifier.group_labels or [])})")
        elif modifier.card == ast.VectorMatchCardinality.OneToMany:
            words.append(f"group_right ({', '.join(modifier.group_labels or [])})")
    return f"{text_of(node.lhs)} {' '.join(words)} {text_of(node.rhs)}"
