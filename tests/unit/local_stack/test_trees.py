from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from local_stack import trees


def fill(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "a.jar").write_bytes(b"code")


def test_a_tree_that_was_made_is_whole(tmp_path: Path) -> None:
    trees.make(tmp_path / "program", fill)

    assert trees.is_whole(tmp_path / "program")


@pytest.mark.parametrize(
    "harm",
    [
        lambda tree: (tree / "lib" / "a.jar").write_bytes(b"c0de"),
        lambda tree: (tree / "lib" / "a.jar").unlink(),
        lambda tree: (tree / "lib" / "b.jar").write_bytes(b"more"),
        lambda tree: tree.with_name("program.sha256").unlink(),
        lambda tree: tree.with_name("program.sha256").write_text(""),
    ],
    ids=["a file changed", "a file is gone", "a file was added", "it was never sealed", "its seal is torn"],
)
def test_a_harmed_tree_is_not_run_but_made_again(tmp_path: Path, harm: object) -> None:
    tree = tmp_path / "program"
    trees.make(tree, fill)
    harm(tree)  # type: ignore[operator]

    assert not trees.is_whole(tree)
    trees.make(tree, fill)
    assert trees.is_whole(tree)


def test_half_a_tree_never_gets_its_name(tmp_path: Path) -> None:
    def break_down(folder: Path) -> None:
        fill(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        trees.make(tmp_path / "program", break_down)

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    fill_half = tmp_path / ".program.x7f3"
    fill_half.mkdir()

    trees.make(tmp_path / "program", fill)

    assert not fill_half.exists()


def test_the_folder_that_wraps_an_archive_is_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("server-1.0/bin/run", "#!/bin/sh")
        archive.writestr("server-1.0/lib/a.jar", "code")
    (tmp_path / "out").mkdir()

    trees.unpack(tmp_path / "a.zip", tmp_path / "out")

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["bin", "lib"]


@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="this Python is older than the filter of archives")
def test_an_archive_can_not_write_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "evil").write_text("outside")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "evil", "../escaped")
    (tmp_path / "out").mkdir()

    with pytest.raises(tarfile.OutsideDestinationError):
        trees.unpack(tmp_path / "a.tar.gz", tmp_path / "out")

    assert not (tmp_path / "escaped").exists()


def test_an_archive_is_unpacked_by_a_python_that_knows_no_filters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As 3.11.2 is, which Debian 12 calls python3."""
    known = tarfile.TarFile.extractall

    def older(self: tarfile.TarFile, path: Path, members: None = None, *, numeric_owner: bool = False) -> None:
        known(self, path, members, numeric_owner=numeric_owner)

    monkeypatch.setattr(tarfile.TarFile, "extractall", older)
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    (tmp_path / "run").write_text("#!/bin/sh")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "run", "server-1.0/run")
    (tmp_path / "out").mkdir()

    trees.unpack(tmp_path / "a.tar.gz", tmp_path / "out")

    assert (tmp_path / "out" / "run").read_text() == "#!/bin/sh"
