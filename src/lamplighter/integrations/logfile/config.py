"""Which files hold a component's log, and the folders beyond which nothing is read. It opens nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

PATHS_MAX = 20


class LogfileConfig(BaseModel):
    """`files` maps a component, by name or glob, to a path or several; `*` and `?` may stand in a path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, tuple[str, ...]] = Field(min_length=1, max_length=1000)
    folders: tuple[Path, ...] = Field(default=(Path("/var/log"),), min_length=1, max_length=100)
    timeout_seconds: float = Field(default=4.0, gt=0, le=60, allow_inf_nan=False)

    @field_validator("files", mode="before")
    @classmethod
    def _one_or_several(cls, files: object) -> object:
        if not isinstance(files, dict):
            return files
        return {name: (paths,) if isinstance(paths, str) else paths for name, paths in files.items()}

    @field_validator("folders")
    @classmethod
    def _are_absolute(cls, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        for folder in folders:
            if not folder.is_absolute() or folder == Path("/"):
                raise ValueError(f"{folder} must be an absolute path, and not the root of everything")
        return tuple(Path(os.path.normpath(folder)) for folder in folders)

    @model_validator(mode="after")
    def _files_lie_in_folders(self) -> Self:
        for name, paths in self.files.items():
            if not 0 < len(paths) <= PATHS_MAX:
                raise ValueError(f"files.{name} must hold 1 to {PATHS_MAX} paths")
            for path in paths:
                _check(path, self.folders)
        return self


def _check(path: str, folders: tuple[Path, ...]) -> None:
    if "**" in path or "\0" in path:
        raise ValueError(f"{path!r}: ** is not taken; name the folder")
    if not any(Path(os.path.normpath(path)).is_relative_to(folder) for folder in folders):
        raise ValueError(f"{path} lies in none of the folders; list its folder in logfile.folders")
