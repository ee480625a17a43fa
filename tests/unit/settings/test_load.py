from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from lamplighter.settings import BadConfiguration, Settings, default_data_folder, load_settings
from lamplighter.settings.load import ALWAYS_ON, ENV_PREFIX, FILE_BYTES_MAX

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        file = tmp_path / "lamplighter.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


def env(**values: str) -> dict[str, str]:
    return {"HOME": "/nowhere", **{f"{ENV_PREFIX}{key}": value for key, value in values.items()}}


def problems(file: Path | None = None, **values: str) -> list[str]:
    with pytest.raises(BadConfiguration) as refused:
        load_settings(file, env(**values))
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


def problem(file: Path | None = None, **values: str) -> str:
    (line,) = problems(file, **values)
    return line


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}\n", "\ufeff"])
def test_an_empty_file_is_all_defaults(write: Write, text: str) -> None:
    settings = load_settings(write(text), env())
    assert settings == load_settings(settings.file, {"HOME": "/nowhere"})
    assert settings.configuration.server.port == 8460
    assert settings.origins == {}
    assert settings.warnings == ()
    assert {"alertmanager", "probe"} <= settings.sources.keys()
    assert set(settings.channels) == {"log"}


def test_the_file_beats_the_default_and_says_its_line(write: Write) -> None:
    settings = load_settings(write("site:\n  name: lab\nserver:\n\n  port: 1000\n"), env())
    assert (settings.configuration.site.name, settings.configuration.server.port) == ("lab", 1000)
    assert settings.origins == {"site.name": "file:2", "server.port": "file:5"}


def test_the_environment_beats_the_file_and_the_flag_beats_both(write: Write) -> None:
    file = write("server: {port: 1000, host: 10.0.0.1}\nsite: {name: lab}\n")
    both = load_settings(file, env(SERVER__PORT="2000", SERVER__HOST="10.0.0.2"))
    assert (both.configuration.server.port, both.configuration.server.host) == (2000, "10.0.0.2")
    all_three = load_settings(file, env(SERVER__PORT="2000", SERVER__HOST="10.0.0.2"), {"server": {"port": 3000}})
    assert all_three.configuration.server.port == 3000
    assert all_three.configuration.server.host == "10.0.0.2"
    assert all_three.configuration.site.name == "lab"
    assert all_three.origins == {"server.port": "flag", "server.host": "environment", "site.name": "file:2"}


def test_a_flag_that_was_not_given_hides_nothing(write: Write) -> None:
    settings = load_settings(write("server: {port: 1000}\n"), env(), {"server": {"port": None}})
    assert settings.configuration.server.port == 1000


def test_a_flag_that_was_not_given_is_no_origin(write: Write) -> None:
    settings = load_settings(write("server: {port: 1000}\n"), env(), {"server": {"port": None}})
    assert settings.origins["server.port"] == "file:1"


@pytest.mark.parametrize("name", ["SERVER__PORT", "server__port", "Server__Port"])
def test_the_environment_in_any_case(write: Write, name: str) -> None:
    assert load_settings(write(""), env(**{name: "2000"})).configuration.server.port == 2000


def test_the_environment_may_give_all_that_a_file_may(write: Write) -> None:
    settings = load_settings(
        write(""),
        env(
            CHECKS='[{"name": "Front", "http": "http://front"}]',
            VERIFY__FOR="5s",
            DEPENDS='{"front": ["back"]}',
            AUTONOMY='{"never": ["* on nas"]}',
            AUTONOMY__LIMITS__PER_TARGET="1/1h",
            SOURCES__DOCKER__HOST="tcp://proxy:2375",
            CHECK_EVERY="1m",
            DATA_FOLDER="/data",
        ),
    )
    configuration = settings.configuration
    assert configuration.check_specs[0].name == "Front"
    assert configuration.verify.dwell == 5
    assert configuration.depends == {"front": ["back"]}
    assert configuration.autonomy.never == ["* on nas"]
    assert configuration.autonomy.limits.per_target.count == 1
    assert settings.sources["docker"].model_dump()["host"] == "tcp://proxy:2375"
    assert settings.data_folder == Path("/data")


def test_the_environment_may_give_a_list_below_a_section(write: Write) -> None:
    settings = load_settings(write(""), env(AUTONOMY__NEVER='["* on nas"]'))
    assert settings.configuration.autonomy.never == ["* on nas"]


@pytest.mark.parametrize(
    ("name", "value"), [("CHECKS", "not json"), ("SITE", "lab"), ("SOURCES", "{"), ("DEPENDS", "a")]
)
def test_an_environment_variable_that_is_not_json(write: Write, name: str, value: str) -> None:
    assert name in problem(write(""), **{name: value}).upper()


@pytest.mark.parametrize("name", ["SERVR__PORT", "LOG", "PORT", ""])
def test_an_unknown_variable_is_an_error(write: Write, name: str) -> None:
    assert problem(write(""), **{name: "1"}).startswith(f"environment: {ENV_PREFIX}{name} is not a setting")


def test_an_unknown_variable_of_a_known_section_is_an_error(write: Write) -> None:
    assert problem(write(""), SITE__NMAE="x") == 'environment: site.nmae: there is no such key; did you mean "name"?'


def test_variables_of_the_command_line_are_no_settings(write: Write) -> None:
    assert load_settings(write(""), env(TOKEN="t", DATA="/data")).data_folder == Path("/data")


@pytest.mark.parametrize("address", ["http://lamplighter:8460", '{"port": 5}'])
def test_the_address_of_a_server_is_not_the_section(write: Write, address: str) -> None:
    settings = load_settings(write(""), env(SERVER=address))
    assert settings.configuration.server.port == 8460


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("site:\n  nmae: lab\n", '2: site.nmae: there is no such key; did you mean "name"?'),
        ("\nsiet: {}\n", '2: siet: there is no such key; did you mean "site"?'),
        ("verify:\n  every: 1s\n  fro: 1s\n", '3: verify.fro: there is no such key; did you mean "for"?'),
        (
            "autonomy:\n  limits:\n    per_targt: 3/1h\n",
            '3: autonomy.limits.per_targt: there is no such key; did you mean "per_target"?',
        ),
        (
            "checks:\n  - {name: a, disk: /}\n  - name: b\n    disk: /\n    timout: 1s\n",
            '5: checks.1.timout: there is no such key; did you mean "timeout"?',
        ),
        ("sources:\n  dokcer: {}\n", '2: sources.dokcer: there is no integration of this name; did you mean "docker"?'),
        ("notify:\n  lgo: {}\n", '2: notify.lgo: there is no integration of this name; did you mean "log"?'),
    ],
)
def test_an_unknown_key_says_where_and_what_was_meant(write: Write, text: str, line: str) -> None:
    file = write(text)
    assert problem(file) == f"{file}:{line}"


def test_an_unknown_key_of_an_integration_says_what_was_meant(write: Write) -> None:
    file = write("sources:\n  docker:\n    hosst: tcp://proxy:2375\n")
    assert problem(file) == f'{file}:3: sources.docker.hosst: there is no such key; did you mean "host"?'


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("server:\n  host: h\n  port: 99999\n", "3: server.port", "65535"),
        ("sources:\n  prometheus:\n    url: prometheus:9090\n", "3: sources.prometheus.url", "http://"),
        ("sources:\n  alertmanager: {url: alertmanager}\n", "2: sources.alertmanager.url", "http://"),
        ("sources:\n  prometheus: {}\n", "2: sources.prometheus.url", "required"),
        ("sources:\n  docker: {timeout_seconds: .inf}\n", "2: sources.docker.timeout_seconds", "finite"),
        ("sources:\n  docker: {timeout_seconds: 0}\n", "2: sources.docker.timeout_seconds", "0"),
        ("sources:\n  docker: {timeout_seconds: 5O}\n", "2: sources.docker.timeout_seconds", "number"),
        ("sources:\n  docker: 5\n", "2: sources.docker", "one key a line"),
        ("site: {url: ops.home.lan}\n", "1: site.url", "http://"),
        ("checks:\n  - {name: a, disk: /}\n  - {name: b, tcp: h}\n", "3: checks.1.tcp", "host:port"),
        ("autonomy: {limits: {per_target: null}}\n", "1: autonomy.limits.per_target", "3/1h"),
        ("autonomy: {limits: {total: .inf}}\n", "1: autonomy.limits.total", "3/1h"),
    ],
)
def test_a_wrong_value_says_where_and_what_is_right(write: Write, text: str, place: str, words: str) -> None:
    file = write(text)
    line = problem(file)
    assert line.startswith(f"{file}:{place}: ")
    assert words in line


def test_a_wrong_value_of_the_environment_or_a_flag_says_so(write: Write) -> None:
    file = write("server: {port: 1000}\n")
    assert problem(file, SERVER__PORT="99999").startswith("environment: server.port: ")
    with pytest.raises(BadConfiguration, match=r"^flag: server\.port: "):
        load_settings(file, env(), {"server": {"port": 0}})


def test_every_problem_is_told_at_once(write: Write) -> None:
    assert len(problems(write("server: {port: 0, hots: x}\nsite: {url: x}\nverify: {for: 0}\n"))) == 4
    assert len(problems(write("sources: {dokcer: {}, prometheus: {url: x}}\n"))) == 2


def test_every_problem_is_told_at_once_across_sections(write: Write) -> None:
    assert len(problems(write("server: {port: 0}\nsources: {dokcer: {}}\nnotify: {lgo: {}}\n"))) == 3


@pytest.mark.parametrize("section", ["site", "server", "autonomy", "verify", "sources", "checks", "depends", "notify"])
def test_a_section_with_nothing_below_it_is_all_defaults(write: Write, section: str) -> None:
    assert load_settings(write(f"{section}:\n  # port: 1\n"), env()).configuration.server.port == 8460


def test_an_integration_with_nothing_below_it_is_all_defaults(write: Write) -> None:
    assert "docker" in load_settings(write("sources:\n  docker:\n"), env()).sources


def test_sources_that_are_named_come_instead_of_a_docker_socket(write: Write) -> None:
    settings = load_settings(write("sources: {prometheus: {url: 'http://p:9090'}}\n"), env())
    assert set(settings.sources) == {*ALWAYS_ON, "prometheus"}
    assert "docker" not in settings.sources


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "y", "02:00", "1:30:00", "012o"])
def test_words_of_yaml_1_1_stay_words(write: Write, word: str) -> None:
    settings = load_settings(write(f"site: {{name: {word}}}\ndepends: {{{word}: [{word}]}}\n"), env())
    assert settings.configuration.site.name == word
    assert settings.configuration.depends == {word: [word]}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("site: [\n", 1),
        ("site:\n  name: a\n  name: b\n", 3),
        ("site:\n\tname: a\n", 2),
        ("a: b: c\n", 1),
        ("- a\n", 1),
        ("x\n", 1),
    ],
)
def test_what_is_no_configuration_says_the_line(write: Write, text: str, line: int) -> None:
    file = write(text)
    place, _, _ = problem(file).partition(": ")
    assert place.startswith(f"{file}:")
    assert abs(int(place.rpartition(":")[2]) - line) <= 1


def test_a_file_that_is_not_text(write: Write) -> None:
    file = write("")
    file.write_bytes(b"\xff\xfe\x00s")
    assert problem(file).startswith(f"{file}: cannot be read")


def test_a_file_that_is_too_large(write: Write) -> None:
    assert "larger than" in problem(write("#" * (FILE_BYTES_MAX + 1)))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "x.yaml"
    assert "no such file" in problem(missing)
    assert "no such file" in problem(None, CONFIG=str(missing))
    assert "no such file" in problem(tmp_path)


def test_the_file_is_found_by_variable_and_in_its_usual_place(tmp_path: Path, write: Write) -> None:
    file = write("site: {name: lab}\n")
    assert load_settings(None, env(CONFIG=str(file))).file == file
    usual = tmp_path / "config" / "lamplighter" / "lamplighter.yaml"
    usual.parent.mkdir(parents=True)
    usual.write_text("site: {name: usual}\n")
    found = load_settings(None, {"HOME": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path / "config")})
    assert found.configuration.site.name == "usual"


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"HOME": "/home/ann"}, "/home/ann/.local/share/lamplighter"),
        ({"HOME": "/home/ann", "XDG_DATA_HOME": "/x"}, "/x/lamplighter"),
        ({"HOME": "/home/ann", "XDG_DATA_HOME": "/x", "LAMPLIGHTER_DATA": "/data"}, "/data"),
    ],
)
def test_the_data_folder_by_default(variables: dict[str, str], folder: str) -> None:
    assert default_data_folder(variables) == Path(folder)


def with_secret(write: Write, path: Path) -> Settings:
    return load_settings(
        write(f"sources:\n  prometheus:\n    url: http://p:9090\n    bearer_token_file: {path}\n"), env()
    )


def token(settings: Settings) -> str:
    secret = settings.sources["prometheus"].model_dump()["bearer_token"]
    assert isinstance(secret, SecretStr)
    return secret.get_secret_value()


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_a_secret_from_a_file(write: Write, tmp_path: Path, mode: int, warned: bool) -> None:  # noqa: FBT001 - a parameter
    secret = tmp_path / "token"
    secret.write_text("  hunter2\n")
    secret.chmod(mode)
    settings = with_secret(write, secret)
    assert token(settings) == "hunter2"
    assert "hunter2" not in repr(settings)
    assert len(settings.warnings) == warned
    for warning in settings.warnings:
        assert warning.startswith(f"{settings.file}:4: sources.prometheus.bearer_token_file: ")
        assert f"chmod 600 {secret}" in warning


def test_a_secret_file_named_by_the_environment(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hunter2")
    named = env(SOURCES__PROMETHEUS__URL="http://p:9090", SOURCES__PROMETHEUS__BEARER_TOKEN_FILE=str(secret))
    assert token(load_settings(write(""), named)) == "hunter2"


def test_a_secret_file_that_is_missing(write: Write, tmp_path: Path) -> None:
    missing = tmp_path / "gone"
    with pytest.raises(BadConfiguration) as refused:
        with_secret(write, missing)
    (line,) = refused.value.problems
    assert ":4: sources.prometheus.bearer_token_file: " in line
    assert str(missing) in line


@pytest.mark.parametrize("content", [b"\xff\xfe"])
def test_a_secret_file_that_is_not_text(write: Write, tmp_path: Path, content: bytes) -> None:
    secret = tmp_path / "token"
    secret.write_bytes(content)
    with pytest.raises(BadConfiguration, match="cannot be read"):
        with_secret(write, secret)


def test_a_secret_file_that_is_a_folder(write: Write, tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be read"):
        with_secret(write, tmp_path)


def test_a_secret_file_that_is_empty(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("\n")
    with pytest.raises(BadConfiguration):
        with_secret(write, secret)


def test_a_secret_written_twice_stays_out_of_the_words(write: Write) -> None:
    file = write("sources: {prometheus: {url: x, bearer_token: hunter2, bearer_tokne: hunter3}}\n")
    assert "hunter" not in "".join(problems(file))


@pytest.mark.parametrize(
    ("check", "source"),
    [
        ("promql: up, below: 1", "prometheus"),
        ("up: all", "prometheus"),
        ("docker: all", "docker"),
        ("proxmox: all", "proxmox"),
    ],
)
def test_a_check_without_the_source_that_it_asks_is_told_with_its_line(write: Write, check: str, source: str) -> None:
    file = write(f"sources: {{alertmanager: {{}}}}\nchecks:\n  - {{name: x, {check}}}\n")
    said = problem(file)
    assert said.startswith(f"{file}:3: checks.0: ")
    assert f"needs sources.{source}" in said


def test_a_check_with_its_source_is_fine(write: Write) -> None:
    file = write("sources: {docker: {}}\nchecks:\n  - {name: x, docker: all}\n")
    assert load_settings(file, env()).configuration.checks[0].docker == "all"


def test_the_environment_may_give_the_later_sections_too(write: Write) -> None:
    values = {"RESPONSES__AT_ONCE": "2", "WATCHDOG__WITHIN": "5m", "RETENTION__ALERTS_MAX": "5000", "RUNBOOKS": "/r"}
    configuration = load_settings(write(""), env(**values)).configuration
    assert (configuration.responses.at_once, configuration.watchdog.within) == (2, 300)
    assert (configuration.retention.alerts_max, str(configuration.runbooks)) == (5000, "/r")


def test_the_example_is_a_configuration() -> None:
    example = Path(__file__).parents[3] / "examples" / "homelab.yaml"
    settings = load_settings(example, env())
    assert len({check.kind for check in settings.configuration.checks}) >= 7
    # Its secrets are placeholders, written into the file, and the file is for everybody.
    assert [words for words in settings.warnings if "run: chmod 600" not in words] == []


def test_a_secret_of_our_own_may_stand_in_a_file_too(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://me:hunter2@db/x\n")
    secret.chmod(0o600)
    for settings in (
        load_settings(write(f"store: {{url_file: {secret}}}\n"), env()),
        load_settings(write(""), env(STORE__URL_FILE=str(secret))),
    ):
        assert settings.configuration.store.url == "postgresql://me:hunter2@db/x"
        assert str(secret) in settings.origins["store.url"]
        assert "hunter2" not in repr(settings.origins)
    assert "cannot be read" in problem(write("store:\n  url_file: /nowhere/at/all\n"))


def test_a_secret_and_its_file_in_one_place_are_refused(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hunter2")
    said = problem(write(f"sources:\n  grafana:\n    url: http://g\n    token: hunter1\n    token_file: {secret}\n"))
    assert "lamplighter.yaml:5: sources.grafana.token_file: token is given too" in said
    assert "hunter" not in said


def test_the_later_layers_way_of_giving_a_secret_wins(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("from-a-file")
    secret.chmod(0o600)
    by_file = write(f"sources: {{prometheus: {{url: http://p, bearer_token_file: {secret}}}}}\n")
    one = load_settings(by_file, env(SOURCES__PROMETHEUS__BEARER_TOKEN="from-the-environment"))
    by_text = write("sources: {prometheus: {url: http://p, bearer_token: from-the-text}}\n")
    two = load_settings(by_text, env(SOURCES__PROMETHEUS__BEARER_TOKEN_FILE=str(secret)))
    given = [settings.sources["prometheus"].model_dump()["bearer_token"] for settings in (one, two)]
    assert [each.get_secret_value() for each in given] == ["from-the-environment", "from-a-file"]


def test_what_was_written_is_kept_as_it_was_written(write: Write) -> None:
    settings = load_settings(write("verify: {for: 5s}\n"), env(SERVER__PORT="2000"), {"site": {"name": "lab"}})
    assert settings.written == {"verify": {"for": "5s"}, "server": {"port": "2000"}, "site": {"name": "lab"}}
    assert "5s" not in repr(settings)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_file_that_holds_secrets_and_that_everybody_can_read_is_told(write: Write, mode: int, warned: bool) -> None:  # noqa: FBT001 - a parameter
    file = write("sources:\n  grafana: {url: http://g, token: hunter2}\n")
    file.chmod(mode)
    warnings = load_settings(file, env()).warnings
    assert bool(warnings) is warned
    assert not warned or warnings[0].endswith(f"sources.grafana.token is a secret; run: chmod 600 {file}")
    assert "hunter2" not in "".join(warnings)


def test_a_file_that_only_names_the_files_of_secrets_may_be_read_by_everybody(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hunter2")
    secret.chmod(0o600)
    file = write(f"sources: {{grafana: {{url: http://g, token_file: {secret}}}}}\n")
    file.chmod(0o644)
    assert load_settings(file, env()).warnings == ()
