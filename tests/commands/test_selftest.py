from sddeverify import checker
from sddeverify.checker import Status, Verdict


def test_everything_passes(run):
    result = run("selftest", "--json")
    assert result.status == 0
    assert len(result.json) == 9
    assert all(row["passed"] for row in result.json)
    assert "passed  tampering: 6 of 6 refused" in run("selftest").out


def test_a_kernel_that_accepts_everything_fails(run, monkeypatch):
    monkeypatch.setattr(checker, "check", lambda document: Verdict(Status.ACCEPTED))
    result = run("selftest")
    assert result.status == 1
    assert "FAILED  tampering: 0 of 6 refused" in result.out
