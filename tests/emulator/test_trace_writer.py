import os
import stat

import pytest

from sddeverify.emulator.trace import Trace
from sddeverify.emulator.trace_writer import TraceFile
from sddeverify.errors import InvalidScenario


def test_rows_reach_the_file_at_once(tmp_path):
    path = tmp_path / "trace.csv"
    with TraceFile.create(path, immediately=True) as file:
        assert len(Trace.from_csv(path)) == 0
        file.append(0, 0.1, 0.2, 0, 0)
        assert len(Trace.from_csv(path)) == 1
        file.append(1, 0.1, 0.3, -1, -1)
        assert Trace.from_csv(path).version_read.tolist() == [0, -1]


def test_buffered_rows_are_whole_lines(tmp_path):
    path = tmp_path / "trace.csv"
    with TraceFile.create(path) as file:
        for row in range(2000):
            file.append(0, row, row, row, row)
            Trace.from_csv(path) if row % 100 == 0 else None
        assert 1000 < len(Trace.from_csv(path)) < 2000
    assert len(Trace.from_csv(path)) == 2000
    file.close()  # a second time does no harm


def test_an_existing_file_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("mine")
    with pytest.raises(InvalidScenario, match="not taken"):
        TraceFile.create(path)
    assert path.read_text() == "mine"
    with pytest.raises(InvalidScenario, match="No such file"):
        TraceFile.create(tmp_path / "missing" / "trace.csv")
    with pytest.raises(InvalidScenario, match="the name of a file"):
        TraceFile.create(tmp_path, force=True)


def test_overwriting_happens_when_the_new_file_is_complete(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("mine")
    path.chmod(0o640)
    with TraceFile.create(path, force=True) as file:
        file.append(0, 0, 1, 0, 0)
        file.flush()
        assert path.read_text() == "mine"
    assert len(Trace.from_csv(path)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["trace.csv"]


@pytest.mark.parametrize("force", [False, True])
def test_a_failure_before_the_first_row_leaves_everything_as_it_was(tmp_path, force):
    path = tmp_path / "trace.csv"
    if force:
        path.write_text("mine")
    before = os.listdir(tmp_path)
    with pytest.raises(ZeroDivisionError), TraceFile.create(path, force=force):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == before
    assert not force or path.read_text() == "mine"


def test_a_failure_later_keeps_the_rows(tmp_path):
    path = tmp_path / "trace.csv"

    def fail():
        with TraceFile.create(path) as file:
            file.append(0, 0, 1, 0, 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(Trace.from_csv(path)) == 1
