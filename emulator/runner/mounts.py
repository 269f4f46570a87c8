"""Inputs and outputs where a step sees them: under names that no shell takes apart, and inputs to read only.

On Azure they are ``…/cap/data-capability/wd/INPUT_name`` and ``…/OUTPUT_name``, whatever people call their folders.
Here an input is a tree of hard links, because a symbolic link is no folder to ``find`` and ``cp -r``; an output is a
symbolic link, so that what a step writes is at its place at once, and one that is a file goes there at the end, because
``cp`` does not write through a link to nothing.
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
    """The data of one step, below ``folder``, where ``own`` is what belongs to the workspace and may be linked."""

    def __init__(self, folder: Path, own: Path) -> None:
        self._folder, self._own = folder, own
        self.close()
        self._root = folder / _TAIL
        self._root.mkdir(parents=True)
        self._outputs: dict[Path, Path] = {}

    def input(self, name: str, source: Path) -> str:
        """Show ``source``, a file or folder, as the input ``name``; return its path."""
        place = self._root / f"INPUT_{name}"
        linked = source.resolve().is_relative_to(self._own.resolve())
        if source.is_dir():
            _copy_tree(source, place, linked)
            return str(place)
        place.mkdir()
        file = place / (_UNSAFE.sub("_", source.name) or "data")
        _copy_file(source, file, linked)
        place.chmod(_READ_ONLY_FOLDER)
        return str(file)

    def output(self, name: str, target: Path, is_file: bool) -> str:
        """Make way for the output ``name`` to ``target``; return the path by which the step writes it."""
        (target.parent if is_file else target).mkdir(parents=True, exist_ok=True)
        _allow_writing(target)
        place = self._root / f"OUTPUT_{name}"
        if not is_file:
            place.symlink_to(target)
        elif target.is_file():
            shutil.copyfile(target, place)
        self._outputs[place] = target
        return str(place)

    def settle(self) -> None:
        """Bring outputs that are files where they belong, and a folder that a step put in the place of a link."""
        for place, target in self._outputs.items():
            if place.is_symlink() or not place.exists():
                continue
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            shutil.move(place, target)

    def close(self) -> None:
        """Remove all of it; what the inputs show stays."""
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
    """Let a step write over what an earlier one left at ``target``, which may have been an input meanwhile."""
    for folder, _, files in os.walk(target):
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(file.stat().st_mode | stat.S_IWUSR)
    if target.is_file():
        target.chmod(target.stat().st_mode | stat.S_IWUSR)
