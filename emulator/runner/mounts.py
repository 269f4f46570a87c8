"""The folders in which a step sees its inputs, read-only, and its outputs, under names that need no quotes in a shell.

On Azure they are ``…/cap/data-capability/wd/INPUT_name`` and ``…/OUTPUT_name``, whatever the names of the data are.
Here an input is a tree of hard links, because ``find`` and ``cp -r`` do not follow a symbolic link. An output folder is
a symbolic link, so that the files are in their place at once. An output file is moved to its place at the end, because
``cp`` does not write through a symbolic link to a missing file.
"""

import os
import re
import shutil
import stat
from pathlib import Path

_UNSAFE = re.compile(r"[^A-Za-z0-9_.@%+=:,-]")
_READ_ONLY_FILE, _READ_ONLY_FOLDER = 0o444, 0o555
_TAIL = "cap/data-capability/wd"


class Mounts:
    """The mounted data of one step, below ``folder``; data inside ``workspace_folder`` may be hard-linked."""

    def __init__(self, folder: Path, workspace_folder: Path) -> None:
        self._folder, self._workspace_folder = folder, workspace_folder
        self.close()
        self._root = folder / _TAIL
        self._root.mkdir(parents=True)
        self._outputs: dict[Path, Path] = {}

    def input(self, name: str, source: Path, named: bool = False) -> str:
        """Mount ``source``, a file or folder, as the input ``name``; return the mounted path.

        A folder that is ``named`` keeps its own name, inside of a folder for the input.
        """
        place = self._root / f"INPUT_{name}"
        linked = source.resolve().is_relative_to(self._workspace_folder.resolve())
        if source.is_dir():
            if named:
                place.mkdir()
                place = place / (_UNSAFE.sub("_", source.name) or "data")
            _copy_tree(source, place, linked)
            return str(place)
        place.mkdir()
        file = place / (_UNSAFE.sub("_", source.name) or "data")
        _copy_file(source, file, linked)
        place.chmod(_READ_ONLY_FOLDER)
        return str(file)

    def output(self, name: str, target: Path, is_file: bool) -> str:
        """Mount ``target`` as the output ``name``; return the path that the step writes."""
        (target.parent if is_file else target).mkdir(parents=True, exist_ok=True)
        _allow_writing(target)
        place = self._root / f"OUTPUT_{name}"
        if not is_file:
            place.symlink_to(target)
        elif target.is_file():
            shutil.copyfile(target, place)
        self._outputs[place] = target
        return str(place)

    def store_outputs(self) -> None:
        """Move output files to their targets, and output folders that the step made in place of the symbolic link."""
        for place, target in self._outputs.items():
            if place.is_symlink() or not place.exists():
                continue
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            shutil.move(place, target)

    def close(self) -> None:
        """Remove the mounted folders; the data behind them stays."""
        for folder, _, _ in os.walk(self._folder):
            os.chmod(folder, stat.S_IRWXU)
        shutil.rmtree(self._folder, ignore_errors=True)


def _copy_tree(source: Path, place: Path, linked: bool) -> None:
    place.mkdir()
    with os.scandir(source) as entries:
        for entry in entries:
            target = place / entry.name
            if entry.is_dir(follow_symlinks=False):
                _copy_tree(Path(entry.path), target, linked)
            elif entry.is_file():
                _copy_file(Path(entry.path), target, linked)
            else:
                target.symlink_to(os.readlink(entry.path))
    place.chmod(_READ_ONLY_FOLDER)


def _copy_file(source: Path, target: Path, linked: bool) -> None:
    if linked:
        try:
            os.link(source.resolve(), target)
        except OSError:
            # Another file system, or one without hard links.
            shutil.copyfile(source, target)
    else:
        shutil.copyfile(source, target)
    target.chmod(_READ_ONLY_FILE)


def _allow_writing(target: Path) -> None:
    """Make ``target`` writable: an earlier step may have written it, and a mount as input made it read-only."""
    for folder, _, files in os.walk(target):
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(file.stat().st_mode | stat.S_IWUSR)
    if target.is_file():
        target.chmod(target.stat().st_mode | stat.S_IWUSR)
