"""A photo is kept once, whole or not at all, and handed out only as it was put in."""

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from geodata.photos.store import PhotoFiles
from gridmap.errors import InvalidError, NotFoundError

ONE, OTHER = b"\xff\xd8\xff one", b"\xff\xd8\xff other"
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def files_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture(params=["folder", "object store"])
def photos(request: pytest.FixtureRequest, tmp_path: Path) -> PhotoFiles:
    MemoryFileSystem.store.clear()
    return PhotoFiles(str(tmp_path) if request.param == "folder" else "memory://bucket/photos")


def test_what_was_put_in_comes_out_under_its_hash(photos: PhotoFiles) -> None:
    digest = sha256(ONE).hexdigest()
    key = photos.put(ONE)
    assert key == f"{digest[:2]}/{digest}.jpg"
    assert photos.open(key) == ONE
    assert photos.exists(key)


def test_two_references_to_one_photo_are_one_file(tmp_path: Path) -> None:
    photos = PhotoFiles(str(tmp_path / "photos"))
    assert photos.put(ONE) == photos.put(ONE) != photos.put(OTHER)
    assert len(files_in(tmp_path / "photos")) == 2


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../secret",
        "/etc/passwd",
        "ab/../../secret.jpg",
        "ab/" + "ab" * 32,
        "cd/" + "ab" * 32 + ".jpg",
        "ab/" + "ab" * 32 + ".jpg\n",
        "ab/" + "ab" * 32 + ".jpg",
    ],
)
def test_nothing_is_found_under_any_other_name(photos: PhotoFiles, key: str) -> None:
    photos.put(ONE)
    assert not photos.exists(key)
    with pytest.raises(NotFoundError):
        photos.open(key)


def test_a_photo_that_was_altered_is_not_handed_out_and_heals_when_it_comes_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photos = PhotoFiles(str(tmp_path))
    key = photos.put(ONE)
    (tmp_path / key).chmod(0o640)
    (tmp_path / key).write_bytes(OTHER)
    with pytest.raises(NotFoundError):
        photos.open(key)
    assert "altered" in caplog.text
    photos.put(ONE)
    assert photos.open(key) == ONE


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_photo_that_cannot_be_written_leaves_nothing(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    photos = PhotoFiles(str(tmp_path))
    owner: object = os if step == "fsync" else Path
    monkeypatch.setattr(owner, step, full_disk)
    with pytest.raises(OSError, match="No space"):
        photos.put(ONE)
    assert files_in(tmp_path) == []


def test_a_sweep_takes_orphans_and_leaves_the_rest(photos: PhotoFiles) -> None:
    kept, orphan = photos.put(ONE), photos.put(OTHER)
    assert photos.sweep({kept}, LATER) == 1
    assert photos.exists(kept)
    assert not photos.exists(orphan)
    assert photos.sweep({kept}, LATER) == 0


def test_a_sweep_leaves_what_is_young_or_was_just_put_in_again(tmp_path: Path) -> None:
    photos = PhotoFiles(str(tmp_path))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    keys = [photos.put(ONE), photos.put(OTHER)]
    for key in keys:
        os.utime(tmp_path / key, (0, 0))
    photos.put(ONE)
    assert photos.sweep((), yesterday) == 1
    assert [photos.exists(key) for key in keys] == [True, False]


def test_a_sweep_takes_half_written_files_and_nothing_that_is_not_ours(tmp_path: Path) -> None:
    photos = PhotoFiles(str(tmp_path))
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / ".part-x1").write_bytes(ONE)
    (tmp_path / "README.txt").write_text("the office's own note")
    assert photos.sweep((), LATER) == 1
    assert files_in(tmp_path) == ["README.txt"]


def test_a_sweep_of_a_store_that_is_not_there_yet_finds_nothing(tmp_path: Path) -> None:
    assert PhotoFiles(str(tmp_path / "none")).sweep((), LATER) == 0


def test_an_address_without_a_file_system_is_refused() -> None:
    with pytest.raises(InvalidError, match="cannot be kept there"):
        PhotoFiles("nosuch://bucket")
