"""The file that is offered passes the check, holds no secret, and changes nothing that somebody set."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lamplighter.settings import Settings, load_settings
from lamplighter.settings.drafting import TokenPlace, channel_lines, draft, telegram_lines, token_line
from lamplighter.settings.export import as_yaml

FOUND = {"sources": {"prometheus": {"url": "http://prometheus:9090"}, "loki": {"url": "http://loki:3100"}}}
Reading = Callable[[str], Settings]


@pytest.fixture
def read(tmp_path: Path) -> Reading:
    def reading(text: str) -> Settings:
        file = tmp_path / "lamplighter.yaml"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        return load_settings(file, {"HOME": str(tmp_path)})

    return reading


def test_from_nothing_it_is_whole_and_says_how_people_could_be_told(read: Reading, tmp_path: Path) -> None:
    text = draft(load_settings(None, {"HOME": str(tmp_path)}), FOUND, "lamplighter-abc", "http://10.0.0.2:8460")
    again = read(text)
    assert again.configuration.site.url == "http://10.0.0.2:8460"
    assert str(again.configuration.autonomy.mode) == "ask"
    assert str(getattr(again.sources["prometheus"], "url", "")) == "http://prometheus:9090"
    assert set(again.channels) == {"log"}
    told = read(
        "\n".join(
            line.removeprefix("# ")
            for line in text.splitlines()
            if line.startswith(("#   nt", "#     to"))
            if "token_file" not in line
        ).replace("  ntfy", "notify:\n  ntfy")
    )
    assert set(told.channels) == {"ntfy"}
    assert "token_file: /run/secrets/telegram_token" in text


def test_what_somebody_set_stays_as_it_is(read: Reading) -> None:
    before = read(
        "site: {name: 'my: place'}\nautonomy: {mode: watch, never: ['* on nas']}\n"
        "sources: {docker: {host: 'tcp://p:2375'}, prometheus: {url: 'http://mine:1'}, alertmanager: }\n"
        "checks: [{name: Up, promql: up, below: 1}]\nnotify: {log: {}}\n"
    )
    text = draft(before, {"sources": {**FOUND["sources"], "alertmanager": {"url": "http://am:9093"}}}, "t")
    again = read(text)
    assert again.configuration.autonomy == before.configuration.autonomy
    assert again.configuration.site.name == "my: place"
    assert again.configuration.checks == before.configuration.checks
    assert getattr(again.sources["prometheus"], "url", "") == "http://mine:1"
    assert getattr(again.sources["alertmanager"], "url", "") == "http://am:9093"
    assert "what follows goes below notify:" in text


def test_sources_that_somebody_left_empty_stay_empty(read: Reading) -> None:
    before = read("sources: {}\n")
    assert set(read(draft(before, {}, "t")).sources) == set(before.sources)
    assert "sources: {}" in draft(before, {}, "t")


def test_no_secret_is_in_it_and_what_needs_one_is_named(read: Reading) -> None:
    settings = read(
        "notify: {telegram: {token: '1:sesame', chat: 1}, others: ['ntfy://u:sesame@h/t']}\n"
        "sources: {grafana: {url: 'http://g:3000', token: sesame}, loki: {url: 'http://l:3100'}}\n"
    )
    text = draft(settings, FOUND, "t")
    assert "sesame" not in text
    assert "# Left out, because a secret stands in it: notify.others, notify.telegram, sources.grafana\n" in text
    assert "Nobody is told" not in text
    assert "loki" in read(text).sources


def test_where_it_could_not_be_whole_there_is_none(read: Reading) -> None:
    text = (
        "sources: {prometheus: {url: 'http://p:1', bearer_token: sesame}}\nchecks: [{name: Up, promql: up, below: 1}]\n"
    )
    assert draft(read(text), FOUND, "t") == ""


@pytest.mark.parametrize("word", ["yes", "1:2", "a: b", "# x", "'\"", "- x", "null", "\u202e", "{x}", "*a", "!!x", "é"])
def test_words_that_yaml_would_misread_are_quoted(word: str) -> None:
    tree: dict[str, Any] = {"site": {"name": word}}
    assert YAML(typ="safe").load(as_yaml(tree)) == tree


def test_the_lines_for_each_channel_are_valid(read: Reading, tmp_path: Path) -> None:
    lines = channel_lines("lamplighter-abc")
    token = tmp_path / "token"
    token.write_text("123:abc", encoding="utf-8")
    token.chmod(0o600)
    assert set(read(lines["Telegram"].replace("/run/secrets/telegram_token", str(token))).channels) == {"telegram"}
    assert set(read(lines["ntfy"]).channels) == {"ntfy"}
    assert set(read(lines["anything else, by Apprise"]).channels) == {"apprise"}


def test_a_phone_that_answered_stands_in_it_and_the_token_in_a_file_of_its_own(read: Reading, tmp_path: Path) -> None:
    place = TokenPlace(str(tmp_path / "the token's"), str(tmp_path))
    line = token_line(place)
    subprocess.run(["sh", "-c", line], input=b"123:abc\n", check=True)
    assert stat.S_IMODE(Path(place.path).stat().st_mode) == 0o600
    paired = {"token_file": place.path, "chat": -100, "approvers": [7]}
    text = draft(read("{}"), FOUND, "t", paired=paired)
    again = read(text)
    told: Any = again.channels["telegram"]
    assert (told.token.get_secret_value(), told.chat, list(told.approvers)) == ("123:abc", -100, [7])
    assert "Nobody is told yet" not in text
    assert "123:abc" not in text
    assert set(read(telegram_lines(paired)).channels) == {"telegram"}


def test_the_line_of_the_token_leads_to_where_the_server_reads_it() -> None:
    inside = TokenPlace("/data/telegram_token", "/data", "docker compose exec lamp ")
    assert token_line(inside) == (
        "docker compose exec lamp sh -c 'umask 077; rm -f /data/telegram_token; set -C; cat > /data/telegram_token'"
    )
    unit = TokenPlace("/var/lib/private/lamplighter/t", "/var/lib/private/lamplighter", by_root=True)
    assert token_line(unit).startswith("sudo sh -c 'umask 077; rm -f ")
    assert token_line(unit).endswith("--reference=/var/lib/private/lamplighter/. /var/lib/private/lamplighter/t'")


def test_a_file_that_others_may_read_is_closed_before_the_token_is_in_it(tmp_path: Path) -> None:
    place = TokenPlace(str(tmp_path / "t"), str(tmp_path))
    Path(place.path).write_text("", encoding="utf-8")
    Path(place.path).chmod(0o644)
    looking = f"#!/bin/sh\nstat -c %a {place.path} > {tmp_path}/mode; exec /bin/cat\n"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cat").write_text(looking, encoding="utf-8")
    (tmp_path / "bin" / "cat").chmod(0o700)
    found = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", token_line(place)], input=b"123:abc\n", env=found, check=True)
    assert (tmp_path / "mode").read_text(encoding="utf-8") == "600\n"
    assert Path(place.path).read_bytes() == b"123:abc\n"


@pytest.mark.parametrize("by_root", [False, True])
def test_a_link_that_lies_there_leads_nowhere(tmp_path: Path, *, by_root: bool) -> None:
    place = TokenPlace(str(tmp_path / "t"), str(tmp_path), by_root=by_root)
    victim = tmp_path / "victim"
    victim.write_text("kept", encoding="utf-8")
    Path(place.path).symlink_to(victim)
    subprocess.run(["sh", "-c", token_line(place).removeprefix("sudo ")], input=b"123:abc\n", check=True)
    assert victim.read_text(encoding="utf-8") == "kept"
    assert not Path(place.path).is_symlink()
    assert stat.S_IMODE(Path(place.path).stat().st_mode) == 0o600
    assert "chown -h " in token_line(place) or not by_root
