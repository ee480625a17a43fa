import pytest

from lamplighter.lab.programs import installed
from lamplighter.lab.scenario import LabUnavailable


def test_what_is_missing_is_named_with_the_line_that_installs_it() -> None:
    with pytest.raises(
        LabUnavailable, match=r"^no-such-a and no-such-b cannot be found; .*install no-such-a no-such-b$"
    ):
        installed("sh", "no-such-a", "no-such-b")


def test_what_is_there_is_found() -> None:
    (path,) = installed("sh")
    assert path.endswith("/sh")
