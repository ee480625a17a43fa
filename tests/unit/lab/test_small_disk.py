from pathlib import Path

from lamplighter.lab.small_disk import small_disk


def test_where_nothing_can_be_mounted_the_reason_is_told(tmp_path: Path) -> None:
    assert small_disk(tmp_path, 8, "/nowhere/mount").startswith("a small disk cannot be mounted: ")
