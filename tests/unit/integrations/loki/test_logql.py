from __future__ import annotations

import pytest

from lamplighter.integrations.loki.logql import meant, quoted, selector

NAMES = frozenset({"store", "shop-store-1"})


@pytest.mark.parametrize(
    "value",
    ["store", "/store", "shop/store", "store.service", "store:9100", "shop-store-1"],
)
def test_a_value_that_is_a_name_of_the_component_is_meant(value: str) -> None:
    assert meant([value, "other"], NAMES) == (value,)


@pytest.mark.parametrize("value", ["store-0", "store-7d9f8c6bd5-x2vkz", "store-x2vkz", "store_2"])
def test_its_replicas_are_meant_where_nothing_is_called_like_it(value: str) -> None:
    assert meant([value], NAMES) == (value,)
    assert meant([value, "store"], NAMES) == ("store",)


@pytest.mark.parametrize(
    "value", ["store-cache", "my-store", "storefront", "bookstore-1", "store-db-0", "", "store-", "stores", "restore"]
)
def test_another_component_with_a_similar_name_is_not_meant(value: str) -> None:
    assert meant([value], NAMES) == ()


def test_no_value_can_leave_its_quotation_marks() -> None:
    assert quoted('a"} or {job="x\\\n\x00') == '"a\\"} or {job=\\"x\\\\\\n\\u0000"'
    assert selector("app", ['a"b']) == '{app="a\\"b"}'


def test_in_a_choice_of_values_every_letter_means_itself() -> None:
    assert selector("pod", ["a.b", "c|d(e)*"]) == r'{pod=~"a\\.b|c\\|d\\(e\\)\\*"}'


def test_a_label_with_many_values_is_asked_for_a_few() -> None:
    assert len(meant([f"store-{number}" for number in range(500)], NAMES)) == 20
