from __future__ import annotations

import time

import pytest

from lamplighter.diagnosis.masking import (
    WORDS_MAX,
    folded,
    heard,
    is_telling,
    is_value,
    leads,
    masked_word,
    weight_of,
    words_of,
)


def masked(line: str) -> str:
    return " ".join(folded(words_of(line)))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("took 1m30.5s, then 5ms and -3.2e-5", "took <n>, then <n> and <n>"),
        ("lamp 12 lit after 5 seconds, 17.5 KiB read", "lamp <n> lit after <n>, <n> read"),
        ("5 lamps of 12", "<n> lamps of <n>"),
        (
            "peer 10.1.2.3:8080 via 00:11:22:aa:bb:cc or fe80::1ff:fe23:4567:890a",
            "peer <address> via <address> or <address>",
        ),
        ("wick 4f2f1c9e-1111-4222-8333-123456789abc at 0x7ffe12", "wick <id> at <id>"),
        ("key q7X2m9Zk1 of rack a1b2c3d4e5f6", "key <id> of rack <id>"),
        ("2026-03-01T12:00:00.123Z lit", "<time> lit"),
        ("Mar  1 12:00:00 quay lit", "<time> <n> quay lit"),
        ("cannot read /etc/lamp/wick.conf: gone", "cannot read <path>: gone"),
        (r"cannot read C:\lamp\wick.log", "cannot read <path>"),
        ("and/or read/write 0/0", "and/or read/write <n>/<n>"),
        ("fetching https://quay.example/a?b=1 failed", "fetching <url> failed"),
        ("oil=17 level_pct=93%", "oil=<n> level_pct=<n>"),
        ("blk_-160 of lamp-3", "blk_-<n> of lamp-<n>"),
        ("\x1b[31mred\x1b[0m 7", "red <n>"),
        ("readings 3 5 8 13 21", "readings <n>"),
        ('{"level":"error","oil":17}', '{"level":"error", "oil":<n>}'),
        ("[quay][lamp 7][lit]", "[quay] [lamp <n>] [lit]"),
        ("keeper Lamp(oil=17, wick=Wick(length=3, of=wool), lit=true) saved", "keeper Lamp<data> saved"),
        ("read [names: [ann, bob], ages: [3, 4]] and {oil={level=3}}", "read <data> and <data>"),
        ("cut off [lamps: [Lamp(oil=1, lit=no), Lamp(oil=2", "cut off <data>"),
        ("answer (oil=1, error=no wick) kept", "answer (oil=<n>, error=no wick) kept"),
        ("TraceID: t17 SpanID: s3 lit", "TraceID:t<n> SpanID:s<n> lit"),
        ("RequestID: wi8aoxt2b2 lit", "RequestID:<id> lit"),
        ("[keeper: ann] lit", "[keeper:ann] lit"),
        ("HTTP status 503 after 503 ms", "HTTP status 503 after <n>"),
        ('{"status":404,"took":404}', '{"status":404, "took":<n>}'),
        ("quay answered HTTP/1.1 200 of 200", "quay answered HTTP/<n> 200 of <n>"),
        ("", ""),
    ],
)
def test_what_varies_by_its_nature_is_masked(line: str, text: str) -> None:
    assert masked(line) == text


def test_a_list_of_any_length_is_one_variable_but_words_that_repeat_are_not() -> None:
    assert masked("slots 1 2 3") == masked("slots 1 2 3 4 5")
    assert masked("no no no") == "no no no"


@pytest.mark.parametrize("word", ["<n>", "lamp_<n>", "wick.conf", "user=ann", "[quay]", "'ann',", "--", "a-b"])
def test_names_and_values_are_told_from_words(word: str) -> None:
    assert is_value(word)


@pytest.mark.parametrize("word", ["lamp", "lit.", "done,", "LIT"])
def test_words_of_a_sentence_are_no_values(word: str) -> None:
    assert not is_value(word)


@pytest.mark.parametrize(
    "word", ["opened", "closing:", "ERROR", "level=warn", "OilException:", "down", '"info",', "lightLamp", "502"]
)
def test_what_happened_and_how_grave_it_is_can_never_be_a_variable(word: str) -> None:
    assert is_telling(word)


@pytest.mark.parametrize("word", ["lamp", "ann", "quay.example", "upper", "offer", "[keeper:nanjing]"])
def test_other_words_can(word: str) -> None:
    assert not is_telling(word)


@pytest.mark.parametrize(("word", "weight"), [("lamp", 1.0), ("wick.conf", 0.5), ("lamp_<n>", 0.5), ("<n>", 0.0)])
def test_a_word_says_more_than_a_name_and_a_number_says_nothing(word: str, weight: float) -> None:
    assert weight_of(word) == weight


def test_neither_a_time_nor_a_level_leads_a_line() -> None:
    line = words_of("12:00:07 [INFO] quay.lamp.Wick: lamp 7 lit")
    assert next(filter(leads, line)) == "lamp"


def test_a_line_without_end_costs_no_more_than_its_beginning() -> None:
    assert len(words_of("lamp " * 1_000_000)) == WORDS_MAX
    assert len(masked_word("x" * 100_000)) == 200


@pytest.mark.parametrize(
    "piece",
    ["1a", "a1", ":", "1:", "ff:", "1.1.", "/", "/a", "\\a", "a.b", "://", "-1", "(", "a_", "1m", "e1", "ab-cd"],
)
def test_no_word_makes_the_masks_go_astray(piece: str) -> None:
    start = time.process_time()
    word = masked_word(piece * 200 + "!")
    is_value(word + "?")
    is_telling(word + "?")
    assert time.process_time() - start < 0.1


def test_what_was_heard_before_is_not_masked_again() -> None:
    assert heard("lamp 7 lit") == words_of("lamp 7 lit")
    assert heard("lamp 7 lit") is heard("lamp 7 lit")
