from __future__ import annotations

import pytest

from lamplighter.knowledge.runbooks import LINKED_SCORE, MATCHED_SCORE, Runbook, Runbooks, parse_runbook

DNS = """---
title: Restart the DNS stack
match: {alertname: DNSDown, target: "pihole|unbound"}
risk: low
steps:
  - do: docker.restart unbound
---
## Meaning

Names are not resolved.
"""
PAGES = Runbooks(
    [
        parse_runbook("dns.md", DNS)[0],
        parse_runbook("disk/full.md", "# Free a full disk\n\nThe disk has no space left. Rotate logs, prune images.")[
            0
        ],
        parse_runbook("KubePodCrashLooping.md", "# Pod restarts\n\nThe pod crashes at its start; read its log.")[0],
        parse_runbook("db.md", "# The database is slow\n\nExplain the slowest query, look at locks and the pool.")[0],
    ]
)


def names(text: str, **labels: str) -> list[str]:
    return [name for name, _, _ in PAGES.find(text, labels)]


def test_the_front_matter_gives_the_title_and_what_it_is_for() -> None:
    page, warning = parse_runbook("dns.md", DNS)
    assert warning == ""
    assert page == Runbook(
        "dns.md",
        "Restart the DNS stack",
        "\n## Meaning\n\nNames are not resolved.\n",
        {"alertname": "DNSDown", "target": "pihole|unbound"},
    )


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("a/b.md", "text alone", "b"),
        ("a.md", "\n# A heading #\ntext", "A heading"),
        ("a.md", "---\ntitle: Yes\n---\n# No", "Yes"),
        ("a.md", "\ufeff---\r\ntitle: Windows\r\n---\r\ntext", "Windows"),
        ("a.md", "---\n---\n# Empty front", "Empty front"),
        ("a.md", "---\ntitle: never closed\n# Heading", "Heading"),
        ("a.md", "---\ntitle: 12\n---\n", "12"),
        ("a.md", "---\ntitle: [a, b]\n---\n", "a"),
        ("a.md", "", "a"),
        ("a.md", "# bad\x1b[31m password=hunter2secret", "bad\N{REPLACEMENT CHARACTER}[31m password=[redacted]"),
    ],
)
def test_every_page_has_a_title(name: str, content: str, title: str) -> None:
    page, warning = parse_runbook(name, content)
    assert (page.title, warning) == (title, "")


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("title: [a", "line"),
        ("- a\n- b", "must hold keys"),
        ("match: DNSDown", "match: must hold labels"),
        ("match: {a: [b]}", "match: must hold labels"),
        ('match: {a: "(b"}', "not closed"),
        ("a: &a [*a]", ""),
        ("title: !!python/object/apply:os.system [id]", ""),
        ("\t- x", "cannot be read"),
        ("x: " + "[" * 5_000, "cannot be read"),
        ("x: " + "a" * 20_000, "longer than"),
        ("? {a: b}\n: c", ""),
    ],
)
def test_front_matter_that_cannot_be_read_is_a_warning_and_the_text_is_used(front: str, words: str) -> None:
    page, warning = parse_runbook("x.md", f"---\n{front}\n---\n# Heading\nflux capacitor")
    assert words in warning
    assert "flux capacitor" in page.text
    assert page.match == {}
    assert Runbooks([page]).find("the flux capacitor", {})[0][0] == "x.md"


def test_what_is_written_about_it_is_found() -> None:
    assert names("OSError: [Errno 28] No space left on device")[0] == "disk/full.md"
    assert names("query takes 9 s, waiting for locks") == ["db.md"]
    assert names("", alertname="KubePodCrashLooping")[0] == "KubePodCrashLooping.md"
    assert names("crash of the pod at start")[0] == "KubePodCrashLooping.md"


def test_what_nothing_is_written_about_finds_nothing() -> None:
    assert names("flux capacitor") == []
    assert names("") == []
    # One common word alone is no likeness.
    assert names("the log of the quantum flux") == []
    assert Runbooks().find("disk full", {}) == []


def test_what_its_front_matter_names_comes_first() -> None:
    found = PAGES.find("no space left on the disk", {"alertname": "DNSDown", "component": "pihole"})
    assert [name for name, _, _ in found] == ["dns.md", "disk/full.md"]
    assert found[0][1] == "Restart the DNS stack"
    assert found[0][2] >= MATCHED_SCORE > found[1][2]
    assert names("no space left on the disk", alertname="DNSDown", component="web") == ["disk/full.md"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://runbooks.example/runbooks/kubernetes/kubepodcrashlooping", "KubePodCrashLooping.md"),
        ("https://git.example/me/runbooks/blob/main/disk/full.md#mitigation", "disk/full.md"),
        ("disk/full.md", "disk/full.md"),
        ("file:///config/runbooks/disk/full.md", "disk/full.md"),
        ("https://git.example/disk%2Ffull.md?plain=1", "disk/full.md"),
    ],
)
def test_a_link_into_the_folder_is_followed(url: str, expected: str) -> None:
    found = PAGES.find("query takes 9 s, waiting for locks", {"runbook_url": url})
    assert (found[0][0], found[1][0]) == (expected, "db.md")
    assert found[0][2] >= LINKED_SCORE


@pytest.mark.parametrize("url", ["https://example/full.md", "https://[bad", "../../etc/passwd", "", "/", "a" * 99_999])
def test_a_link_elsewhere_is_not(url: str) -> None:
    assert PAGES.find("flux", {"runbook_url": url}) == []


def test_only_so_many_are_given() -> None:
    assert len(PAGES.find("disk query pod names logs pool space crash", {}, top=2)) == 2
    assert PAGES.find("disk space", {}, top=0) == []


def test_a_page_is_found_by_its_name() -> None:
    page = PAGES.page("dns.md")
    assert page is not None
    assert page.title == "Restart the DNS stack"
    assert PAGES.page("../dns.md") is None
