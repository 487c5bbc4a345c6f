"""Running the command line inside the test process, the way the installed script does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sddeverify.__main__ import main


@dataclass(frozen=True)
class Outcome:
    """Exit status and output of one run."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def assert_one_sentence(self, *words: str) -> None:
        """Bad input: status 2, nothing on standard output, one line on standard error with these words."""
        assert self.status == 2, self
        assert self.out == ""
        assert self.err.startswith("sddeverify: ")
        assert self.err.count("\n") == 1
        for word in words:
            assert word in self.err


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``sddeverify`` with these arguments."""

    def run_(*arguments: object) -> Outcome:
        monkeypatch.setattr("sys.argv", ["sddeverify", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        status = ended.value.code
        return Outcome(status if isinstance(status, int) else 0, captured.out, captured.err)

    return run_
