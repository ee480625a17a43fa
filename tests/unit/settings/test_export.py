from __future__ import annotations

from pathlib import Path

from lamplighter.settings import load_settings
from lamplighter.settings.export import NOTHING, exported, secret_notes

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "homelab.yaml"


def written(folder: Path, text: str, name: str = "lamplighter.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_what_is_written_out_says_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    text, left_out = exported(load_settings(EXAMPLE, {"HOME": "/nowhere"}))
    first = load_settings(EXAMPLE, {"HOME": "/nowhere"}).configuration
    open_parts = "\n".join(line for line in text.splitlines() if line)
    assert left_out
    again = text
    for key in left_out:
        # What was left out must be given by other means; here the whole part of it is taken out.
        assert key.startswith(("sources.", "notify."))
    assert "replace-me" not in open_parts
    plain = load_settings(written(tmp_path, again.partition("sources:")[0]), {"HOME": "/nowhere"}).configuration
    assert (plain.site, plain.autonomy) == (first.site, first.autonomy)


def test_environment_and_flags_are_written_out_too(tmp_path: Path) -> None:
    file = written(tmp_path, "server: {port: 1000}\nverify: {for: 5s}\n")
    settings = load_settings(file, {"HOME": "/x", "LAMPLIGHTER_SITE__NAME": "lab"}, {"server": {"port": 2000}})
    text, left_out = exported(settings)
    again = load_settings(written(tmp_path, text, "again.yaml"), {"HOME": "/x"})
    assert left_out == ()
    assert again.configuration == settings.configuration
    assert "for: 5s" in text


def test_a_secret_is_never_written_and_its_file_is(tmp_path: Path) -> None:
    secret = written(tmp_path, "hunter1\n", "token")
    secret.chmod(0o600)
    text = (
        "store: {url: 'postgresql://me:hunter2@db/x'}\nsources:\n  prometheus: {url: http://p, bearer_token: hunter3}\n"
        f"  grafana: {{url: http://g, token_file: {secret}}}\n"
    )
    out, left_out = exported(load_settings(written(tmp_path, text), {"HOME": "/x"}))
    assert "hunter" not in out
    assert f"token_file: {secret}" in out
    assert set(left_out) == {"store.url", "sources.prometheus.bearer_token"}
    notes = "\n".join(secret_notes(left_out))
    assert "give store.url_file" in notes
    assert "hunter" not in notes


def test_words_of_yaml_1_1_come_back_as_words(tmp_path: Path) -> None:
    file = written(
        tmp_path, "site: {name: 'no'}\nmaintenance: [{name: 'on', when: 'daily 02:00-04:00', targets: ['*']}]\n"
    )
    text, _ = exported(load_settings(file, {"HOME": "/x"}))
    again = load_settings(written(tmp_path, text, "again.yaml"), {"HOME": "/x"})
    assert again.configuration.site.name == "no"
    assert again.configuration.maintenance[0].name == "on"


def test_nothing_set_is_said(tmp_path: Path) -> None:
    text, left_out = exported(load_settings(written(tmp_path, ""), {"HOME": "/x"}))
    assert (text, left_out) == (NOTHING, ())
    assert load_settings(written(tmp_path, text), {"HOME": "/x"}).origins == {}
