from __future__ import annotations

from pathlib import Path

from lamplighter.cli.echoing import NO_SENTENCES, said, sentences
from lamplighter.doctor import Sight
from lamplighter.domain.reach import Reach
from lamplighter.settings import Settings, load_settings
from lamplighter.testing import serving_json


def settings(folder: Path, text: str) -> Settings:
    file = folder / "lamplighter.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, {"HOME": str(folder)})


def test_each_sentence_is_followed_by_what_it_comes_to(tmp_path: Path) -> None:
    given = settings(tmp_path, "autonomy: {mode: auto}\nsources: {}\n")
    allowed = Reach("restart *", False, ("web",), (), "This lets me restart 1 container now: web")
    denied = Reach("* on nas", True, (), (), "This forbids me nothing that I see now")
    lines = said(given, Sight((allowed, denied), 1, {"proxmox": "HTTP 401"}))
    assert lines == (
        "mode auto: I do alone what a sentence or a label lets me do, and ask before the rest",
        'auto "restart *"\n  This lets me restart 1 container now: web',
        'never "* on nas"\n  This forbids me nothing that I see now',
        "I cannot see proxmox now: HTTP 401",
    )


def test_where_no_source_knows_what_runs_it_is_said(tmp_path: Path) -> None:
    lines = sentences(settings(tmp_path, "sources: {}\n"))
    assert NO_SENTENCES in lines
    assert lines[-1].startswith("Nothing can be seen")


def test_an_engine_that_does_not_answer_is_named_with_its_reason(tmp_path: Path) -> None:
    text = f"autonomy: {{auto: [restart container web]}}\nsources: {{docker: {{host: 'unix://{tmp_path}/none'}}}}\n"
    lines = sentences(settings(tmp_path, text))
    assert any("I cannot see docker now" in line and "No such file" in line for line in lines)
    assert any("I cannot tell now: I cannot see docker" in line for line in lines)


def container(number: int, name: str, **labels: str) -> dict[str, object]:
    return {
        "Id": f"{number:064x}",
        "Names": [f"/{name}"],
        "Image": "example/app:1",
        "Labels": labels,
        "State": "running",
        "Status": "Up 2 hours",
    }


def test_an_engine_that_answers_is_read_by_name(tmp_path: Path) -> None:
    allowed = {"lamplighter.allow": "restart"}
    listed = [container(1, "jellyfin", **allowed), container(2, "sonarr", **allowed), container(3, "db", **allowed)]
    with serving_json() as engine:
        engine.answers = {"/version": {"ApiVersion": "1.41"}, "/v1.41/containers/json": listed}
        text = (
            "autonomy:\n  auto: [restart container where label lamplighter.allow=restart]\n"
            f"  never: ['* container db']\nsources: {{docker: {{host: '{engine.url}'}}}}\n"
        )
        lines = sentences(settings(tmp_path, text))
    said = "\n".join(lines)
    assert "This lets me restart 2 containers now: jellyfin, sonarr; not db: never" in said
    assert "This forbids me to restart, start or resize 1 container now: db" in said
    assert "I cannot see" not in said
