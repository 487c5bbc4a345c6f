import pytest

from sddeverify.scenario import Scenario


@pytest.fixture
def question(tmp_path):
    path = tmp_path / "question.toml"
    path.write_text(Scenario("1/10", 4, "erlang(2, 1)", hessian=("1",), seed=3).to_toml())
    return path


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    """Emulate little, compare few candidates and draw nothing: all that is tested elsewhere."""
    from sddeverify.report import further, study, write

    monkeypatch.setattr(study.conduct, "__kwdefaults__", {"arrivals": 2000, "budget": 3000})
    monkeypatch.setattr(further, "_MOST_WORK", 300)
    monkeypatch.setattr(write, "pictures", lambda _: ())


def test_report_and_re_check(run, tmp_path, question, monkeypatch):
    from sddeverify.report import figures, write

    out = tmp_path / "demo"
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(write, "pictures", figures.pictures)
    found = run("report", question, "--out", out)
    assert found.status == 0, found
    for words in ("critical learning", "certified", "computed", "observed", "mean compute time", "report.html"):
        assert words in found.out
    assert found.err == ""
    assert run("check", out).status == 0
    names = {path.name for path in out.iterdir()}
    assert {"report.html", "report.json", "certificates", "figures", "citation.tex", "citation.bib"} <= names


def test_json_replaces_an_earlier_report(run, tmp_path, question):
    out = tmp_path / "demo"
    out.mkdir()
    first = run("report", question, "-o", out, "--json")
    assert first.status == 0, first
    answers = {row["quantity"]: row for row in first.json["answers"]}
    # Erlang-2: a m < 2 tan(pi/4) sec^2(pi/4) = 4, so learning rate < 4/(1 x 4) = 1.
    row = answers["critical learning rate in the mean"]
    assert row["status"] == "certified"
    assert abs(float(row["value"].strip("[]").split(",")[0]) - 1) < 2e-8
    assert answers["largest stable number of workers"]["workers"] == 39
    assert answers["decay rate of the only mode (h = 1)"]["status"] == "certified"


def test_a_mean_delay_alone(run, tmp_path, question):
    out = tmp_path / "demo"
    found = run("report", question, "--mean-delay", "1/50", "--out", out)
    assert found.status == 0, found
    assert "All that is known of the delay is its mean" in found.out
    assert run("check", out).status == 0
    again = run("report", question, "--mean-delay", "1/50", "--out", out, "--json").json
    assert [row["status"] for row in again["answers"]] == ["certified"] * 3 + ["undecided"] * 3


def test_a_folder_of_others_is_refused_before_any_work(run, tmp_path, question):
    (tmp_path / "mine.txt").write_text("x")
    run("report", question, "--out", tmp_path).assert_one_sentence("--out", "mine.txt")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no.toml"], ["no.toml"]),
        (["--trace", "no.csv"], ["no.csv"]),
        (["--workers", "0"], ["--workers", "0"]),
        (["--seconds", "0.1"], ["--seconds", "0.1"]),
        (["--seconds", "nan"], ["--seconds"]),
        (["question.toml", "--workers", "4"], ["--workers"]),
        (["--out", "no/folder"], ["--out", "no/folder"]),
        (["question.toml", "--cap", "1"], ["--cap", "--trace"]),
        (["question.toml", "--confidence", "0.9"], ["--confidence"]),
        (["--trace", "t.csv", "--cap", "0"], ["--cap", "positive"]),
        (["--trace", "t.csv", "--cap", "x"], ["--cap", "'x'"]),
        (["--trace", "t.csv", "--confidence", "1"], ["--confidence", "between 0 and 1"]),
        (["--trace", "t.csv", "--confidence", "0"], ["--confidence"]),
        (["--mean-delay", "0"], ["--mean-delay", "positive"]),
        (["--mean-delay", "nan"], ["--mean-delay"]),
        (["--mean-delay", "1", "--trace", "t.csv"], ["--trace", "--mean-delay"]),
        (["--mean-delay", "1", "--seconds", "3"], ["--seconds"]),
        (["--mean-delay", "1", "--cap", "3"], ["--cap"]),
        (["--mean-delay", "1", "--workers", "0"], ["--workers"]),
        (["question.toml", "--mean-delay", "1", "--workers", "3"], ["--workers"]),
    ],
)
def test_bad_input(run, tmp_path, monkeypatch, question, arguments, words):
    monkeypatch.chdir(tmp_path)
    run("report", *arguments).assert_one_sentence(*words)
    assert {path.name for path in tmp_path.iterdir()} == {"question.toml"}


TRACE = "worker,read_time,push_time,version_read,version_applied\n" + "".join(
    f"{k % 2},{k / 2},{k / 2 + 1},{max(k - 1, 0)},{k}\n" for k in range(60)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TRACE.replace(",push_time", "", 1), ("line 1", "push_time is missing")),
        (TRACE[:-5], ("line 61",)),  # as an interrupted copy leaves it
        (TRACE.replace("\n0,5.0,6.0,", "\n0,6.0,5.0,"), ("push_time", "read_time")),
        (TRACE.replace("\n0,5.0,6.0,", "\n0,-5.0,6.0,"), ("-5.0",)),
        (TRACE.replace("\n0,5.0,6.0,", "\n0,5.0,1.0,"), ("push_time",)),
    ],
)
def test_bad_traces_leave_an_existing_report_alone(run, tmp_path, monkeypatch, question, text, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trace.csv").write_text(text)
    (tmp_path / "report").mkdir()
    run("report", "question.toml", "--trace", "trace.csv", "--out", "report").assert_one_sentence("trace.csv", *words)
    assert not list((tmp_path / "report").iterdir())


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", ("trace", "0 rows", "at least one row")),
        ("0,1,1,,\n", ("trace", "1 rows", "at least one row")),
        ("0,0,1e300,,\n", ("trace", "push_time - read_time = 1e+300", "1e-30")),
        ("0,0,1e-300,,\n", ("trace", "1e-300", "1e-30")),
        ("0,0,1,,\n0,0,1,,\n", ("trace.csv, line 3", "worker 0", "only once")),
        ("0,0,inf,,\n", ("trace.csv, line 2, column push_time", "'inf'")),
    ],
)
def test_traces_without_usable_times(run, tmp_path, rows, words):
    path, out = tmp_path / "trace.csv", tmp_path / "report"
    path.write_text(TRACE.partition("\n")[0] + "\n" + rows)
    run("report", "--trace", path, "--out", out).assert_one_sentence(*words)
    assert not out.exists()


def test_folders_and_binary_files_are_no_traces(run, tmp_path):
    out, folder, binary = tmp_path / "report", tmp_path / "folder.csv", tmp_path / "binary.csv"
    folder.mkdir()
    binary.write_bytes(bytes(range(256)))
    run("report", "--trace", folder, "--out", out).assert_one_sentence("folder.csv", "Is a directory")
    run("report", "--trace", binary, "--out", out).assert_one_sentence("binary.csv", "byte 128", "UTF-8")
    assert not out.exists()


def test_a_policy_without_derivation_is_refused(run, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(Scenario("1/10", 4, "erlang(2, 1)", hessian=("1",), policy="k_sync").to_json())
    run("report", path, "--out", tmp_path / "demo").assert_one_sentence("policy")
    assert not (tmp_path / "demo").exists()


def test_five_times_are_too_few_to_compare_but_not_to_certify(run, tmp_path, question):
    trace = tmp_path / "times.csv"
    rows = [f"0,{k},{k + 0.5 + k / 100},," for k in range(5)]
    trace.write_text("worker,read_time,push_time,version_read,version_applied\n" + "\n".join(rows) + "\n")
    limits = ["--cap", "2", "--confidence", "0.9"]
    found = run("report", question, "--trace", trace, *limits, "--out", tmp_path / "demo", "--json")
    assert found.status == 0, found
    (band,) = [row for row in found.json["answers"] if "true law" in row["quantity"]]
    assert (band["cap"], band["confidence"], band["cap_chosen_on_the_other_half"]) == ("2", "9/10", False)
    statuses = {row["quantity"]: row["status"] for row in found.json["answers"]}
    assert statuses["critical learning rate in the mean"] == "certified"
    assert [status for name, status in statuses.items() if "in times.csv" in name] == ["too little data"] * 3


@pytest.mark.slow
def test_the_default_records_real_processes(run, tmp_path):
    found = run("report", "--seconds", "1", "--workers", "3", "--out", tmp_path / "demo", "--json")
    assert found.status == 0, found
    assert found.json["derivation_passed"]
    assert all(one["accepted"] for one in found.json["certificates"].values())
    assert any("3 worker processes were recorded" in note for note in found.json["notes"])
    assert len((tmp_path / "demo" / "trace.csv").read_text().splitlines()) > 30
    assert {"certified", "computed", "observed"} <= {row["status"] for row in found.json["answers"]}
