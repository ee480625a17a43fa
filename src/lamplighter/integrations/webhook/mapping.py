"""How a mapping is written: JMESPath for each part of an alert, and words for its status and severity. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

EXPRESSION_CHARS_MAX = 1_000
NAME = re.compile(r"[a-z][a-z0-9-]{0,40}", re.ASCII)


def _compiles(expression: str) -> str:
    try:
        jmespath.compile(expression)
    except (JMESPathError, RecursionError) as problem:
        words = " ".join(str(problem).split())[:200]
        raise ValueError(f'"{expression[:60]}" is not a JMESPath expression: {words}') from problem
    return expression


Expression = Annotated[str, Field(min_length=1, max_length=EXPRESSION_CHARS_MAX), AfterValidator(_compiles)]
Severity = Literal["critical", "warning", "info", "none"]


class Mapping(BaseModel):
    """`alerts` gives the list of alerts, and all others are asked of each of them; `@` is the whole.

    An expression that finds nothing leaves its part out. A status is read by the words in `firing` and `resolved`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    alerts: Expression = "@"
    name: Expression
    status: Expression | None = None
    severity: Expression | None = None
    component: Expression | None = None
    summary: Expression | None = None
    description: Expression | None = None
    fingerprint: Expression | None = None
    starts_at: Expression | None = None
    ends_at: Expression | None = None
    url: Expression | None = None
    labels: dict[str, Expression] = Field(default={}, max_length=100)
    annotations: dict[str, Expression] = Field(default={}, max_length=100)
    firing: list[str] = Field(default=["firing", "alerting", "down", "critical", "problem", "open", "triggered"])
    resolved: list[str] = Field(default=["resolved", "ok", "up", "closed", "recovered", "cleared", "success"])
    severities: dict[str, Severity] = Field(default={}, max_length=100)
