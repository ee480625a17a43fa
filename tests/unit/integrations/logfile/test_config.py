from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from lamplighter.integrations.logfile.config import LogfileConfig


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"files": {}},
        {"files": {"a": []}},
        {"files": {"a": "/etc/passwd"}},
        {"files": {"a": "/var/log/../../etc/passwd"}},
        {"files": {"a": "/var/logs/x"}},
        {"files": {"a": "/var/log/**/x"}},
        {"files": {"a": "x.log"}},
        {"files": {"a": "/var/log/x"}, "folders": []},
        {"files": {"a": "/var/log/x"}, "folders": ["/"]},
        {"files": {"a": "/var/log/x"}, "folders": ["log"]},
        {"files": ["/var/log/x"]},
        {"files": {"a": "/var/log/x"}, "timeout_seconds": 0},
    ],
    ids=str,
)
def test_what_cannot_work_or_leads_out_of_the_folders_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LogfileConfig.model_validate(config)


def test_one_path_or_several_may_be_given() -> None:
    files = {"a": "/srv/app/a.log", "b-*": ["/srv/app/b.log", "/srv/app/b/*.log"]}
    config = LogfileConfig.model_validate({"files": files, "folders": ["/srv/app/"]})
    assert config.files == {"a": ("/srv/app/a.log",), "b-*": ("/srv/app/b.log", "/srv/app/b/*.log")}
    assert config.folders == (Path("/srv/app"),)
