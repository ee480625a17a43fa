from __future__ import annotations

import promql_parser
import pytest

from lamplighter.integrations.prometheus.promql import quoted, selector_text, text_of

EXPRESSIONS = [
    "up{} == 0",
    'rate(x{a=~"\\\\d+",b!="c\\"d"}[5m] offset 5m) > 3',
    'x{a!~"b"} offset -5m',
    "x{} @ end() offset 1h",
    "x{} @ 1609746000.000",
    "max_over_time((x{} > 2)[1h30m:])",
    "max_over_time(x{}[5m:30s] offset 1m)",
    "sum by (le, job) (rate(b{}[1m]))",
    "sum without (le) (b{})",
    "topk (3, a{})",
    'count_values ("v", a{})',
    'label_replace(a{}, "d", "$1\\\\", "s", "(.*)")',
    "a{} / on (instance) group_left (nodename) b{}",
    "a{} * ignoring (x, y) group_right () b{}",
    "a{} == bool on (x) b{}",
    "a{} unless on () b{}",
    "-(a{} - b{}) ^ 2.5",
    "1e+16 < x{}",
    'x{a="b" or c="d"}',
    '{__name__=~"a|b"}',
]


@pytest.mark.parametrize("query", EXPRESSIONS)
def test_an_expression_is_written_as_it_was_read(query: str) -> None:
    text = text_of(promql_parser.parse(query))
    assert text == query
    assert repr(promql_parser.parse(text)) == repr(promql_parser.parse(query))


def test_a_selector_loses_its_offset() -> None:
    selector = promql_parser.parse('x{a="b"} @ start() offset 5m')
    assert selector_text(selector) == 'x{a="b"}'


@pytest.mark.parametrize("value", ['"} or vector(1) #', "back\\slash", "new\nline", "\\", 'a"b\\"c', "üñí"])
def test_a_quoted_value_is_read_back_as_itself(value: str) -> None:
    selector = promql_parser.parse(f"x{{a={quoted(value)}}}")
    assert [matcher.value for matcher in selector.matchers.matchers] == [value]
