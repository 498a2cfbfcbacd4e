"""Histograms of lengths of time that many processes fill and any process reads, in one folder.

A process counts in a file of its own, mapped into its memory: counting is two additions, and asks
nobody. It holds a lock on that file for as long as it lives; what a dead process left is added to
the file of its day, once, by whoever opens the folder next. Files of long ago become one.
"""

import array
import fcntl
import json
import mmap
import os
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds up to which a bucket counts; one more counts everything above."""
CLASSES: Final = ("2xx", "3xx", "4xx", "5xx")
BUCKETS: Final = len(BOUNDS) + 1
WIDTH: Final = BUCKETS + 1
"""Cells of one histogram: its buckets, and the sum in microseconds."""
OTHER: Final = "other"
FOLDER: Final = "latency"
"""What the folder is called where processes of one machine keep things."""
DAYS_KEPT: Final = 91
_BEFORE: Final = 0

Histograms = dict[tuple[str, str], list[int]]
"""By name and class of status: the cells of a histogram."""


class Recorder:
    """Counts in this process. `names` are all there can be; any other counts as `other`."""

    def __init__(self, folder: Path, names: Sequence[str], token: str) -> None:
        self._folder = folder
        self._names = [*names, OTHER]
        self._token = token
        self._places = {name: n * len(CLASSES) * WIDTH for n, name in enumerate(self._names)}
        self._other = self._places[OTHER]
        self._size = len(self._names) * len(CLASSES) * WIDTH
        self._cells: memoryview | array.array[int] = array.array("Q", bytes(8 * self._size))
        self._day = -1
        self._file: int | None = None
        self._lock = threading.Lock()

    def note(self, day: int, name: str | None, status: int, seconds: float) -> None:
        """Count one answer; `day` is that of today, in days since the epoch."""
        kind = min(max(status // 100 - 2, 0), 3)
        place = self._places.get(name, self._other) if name else self._other
        place += kind * WIDTH
        with self._lock:
            if day != self._day:
                self._begin(day)
            cells = self._cells
            cells[place + bisect_left(BOUNDS, seconds)] += 1
            cells[place + BUCKETS] += int(seconds * 1_000_000)

    def _begin(self, day: int) -> None:
        """Take a new file for a new day; where none can be made, count for nobody."""
        self._day = day
        if self._file is not None:
            os.close(self._file)
            self._file = None
        try:
            self._cells = self._new_file(day)
        except OSError:
            self._cells = array.array("Q", bytes(8 * self._size))

    def _new_file(self, day: int) -> memoryview:
        self._folder.mkdir(parents=True, exist_ok=True)
        head = json.dumps(self._names).encode() + b"\n"
        head += b" " * (-len(head) % 8)
        with _locked(self._folder, fcntl.LOCK_EX):
            _fold(self._folder, day)
            path = self._folder / f"{day}.{self._token}.cells"
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            os.write(self._file, head)
            os.ftruncate(self._file, len(head) + 8 * self._size)
            return memoryview(mmap.mmap(self._file, 0))[len(head) :].cast("Q")


def read(folder: Path, since: int = _BEFORE) -> Histograms:
    """Return what all processes have counted from the day `since` on; nothing if there is none."""
    found: Histograms = {}
    if not folder.is_dir():
        return found
    with _locked(folder, fcntl.LOCK_SH):
        for path in sorted(folder.iterdir()):
            day = path.name.partition(".")[0]
            if day.isdecimal() and int(day) >= since and path.suffix in (".cells", ".json"):
                _add(found, _contents(path))
    return found


def _fold(folder: Path, today: int) -> None:
    """Add what dead processes left to the files of their days, and old days to one file."""
    for path in sorted(folder.glob("*.cells")):
        file = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        finally:
            os.close(file)
        _move(path, folder / f"{path.name.partition('.')[0]}.json")
    for path in folder.glob("*.json"):
        if _BEFORE < int(path.stem) < today - DAYS_KEPT:
            _move(path, folder / f"{_BEFORE}.json")


def _move(source: Path, target: Path) -> None:
    total = _contents(target) if target.exists() else {}
    _add(total, _contents(source))
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps([[*key, cells] for key, cells in total.items()]))
    fresh.replace(target)
    source.unlink()


def _contents(path: Path) -> Histograms:
    if path.suffix == ".json":
        return {(name, kind): cells for name, kind, cells in json.loads(path.read_text())}
    data = path.read_bytes()
    end = data.find(b"\n") + 1
    if end == 0:
        return {}
    names = json.loads(data[:end])
    start = end + (-end % 8)
    cells = array.array("Q", data[start : start + (len(data) - start) // 8 * 8])
    found: Histograms = {}
    for number, name in enumerate(names):
        for place, kind in enumerate(CLASSES):
            at = (number * len(CLASSES) + place) * WIDTH
            histogram = cells[at : at + WIDTH].tolist()
            if any(histogram[:BUCKETS]):
                found[name, kind] = histogram
    return found


def _add(total: Histograms, more: Histograms) -> None:
    for key, cells in more.items():
        before = total.get(key)
        total[key] = [a + b for a, b in zip(before, cells, strict=True)] if before else cells


@contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, kind)
        yield
    finally:
        os.close(file)
