"""Histograms of several processes add up, whichever of them still lives."""

import multiprocessing
from pathlib import Path

from idp.kernel import histograms
from idp.kernel.histograms import BUCKETS, DAYS_KEPT, Recorder, read

NAMES = ["/authorize", "/token"]


def counted(folder: Path, since: int = 0) -> dict[tuple[str, str], int]:
    return {key: sum(cells[:BUCKETS]) for key, cells in read(folder, since).items()}


def fill(folder: Path, token: str, times: int) -> None:
    recorder = Recorder(folder, NAMES, token)
    for _ in range(times):
        recorder.note(20_000, "/token", 200, 0.02)


def test_a_length_of_time_falls_into_its_bucket(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, NAMES, "a")
    for seconds in (0.0, 0.005, 0.0051, 10.0, 11.0):
        recorder.note(20_000, "/authorize", 302, seconds)
    cells = read(tmp_path)["/authorize", "3xx"]
    assert cells[:BUCKETS] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert cells[BUCKETS] == 21_010_100


def test_what_has_no_route_and_every_class_of_status_is_counted(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, NAMES, "a")
    for name, status in (("/token", 200), ("/token", 599), (None, 404), ("/secret", 404)):
        recorder.note(20_000, name, status, 0.1)
    recorder.note(20_000, "/token", 100, 0.1)
    assert counted(tmp_path) == {
        ("/token", "2xx"): 2,
        ("/token", "5xx"): 1,
        ("other", "4xx"): 2,
    }


def test_processes_add_up_and_so_do_those_that_have_ended(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=fill, args=(tmp_path, str(n), 50)) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert counted(tmp_path) == {("/token", "2xx"): 100}
    living = Recorder(tmp_path, NAMES, "living")
    living.note(20_000, "/token", 200, 0.02)
    assert sorted(path.name for path in tmp_path.glob("*.*")) == [
        "20000.json",
        "20000.living.cells",
    ]
    assert counted(tmp_path) == {("/token", "2xx"): 101}
    Recorder(tmp_path, NAMES, "another").note(20_000, "/token", 200, 0.02)
    assert (tmp_path / "20000.living.cells").exists(), "it lives"
    assert counted(tmp_path) == {("/token", "2xx"): 102}


def test_days_are_kept_apart_and_then_put_together(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, NAMES, "a")
    for day in (20_000, 20_001, 20_000 + DAYS_KEPT + 1):
        recorder.note(day, "/token", 200, 0.02)
    assert counted(tmp_path) == {("/token", "2xx"): 3}
    assert counted(tmp_path, since=20_001) == {("/token", "2xx"): 2}
    assert (tmp_path / "0.json").exists()
    assert not (tmp_path / "20000.json").exists()


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Recorder(tmp_path / "file", NAMES, "a").note(20_000, "/token", 200, 0.02)
    assert read(tmp_path / "file") == {}
    assert histograms.read(tmp_path / "nothing") == {}
