import pytest

from sddeverify.certificates import Inconclusive, discrete_boundary, stability_boundary
from sddeverify.delays import Erlang
from sddeverify.emulator.run import emulate
from sddeverify.scenario import Scenario


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guard")
    for name, found in {
        "boundary": stability_boundary.prove(Erlang(2, 1), digits=8, model={"hessian": 5, "workers": 8}),
        "lag": discrete_boundary.prove(7, digits=8),
    }.items():
        assert not isinstance(found, Inconclusive)
        found.save(folder / f"{name}.cert.json")
    for name, law in {"same": "erlang(2, 1)", "other": "erlang(2, 3/2)"}.items():
        scenario = Scenario("1/100", 8, law, hessian=[5], seed=3)
        emulate(scenario, arrivals=1500).trace.to_csv(folder / f"{name}.csv")
    return folder


def config(folder, text, certificates='["boundary.cert.json"]'):
    path = folder / "training.toml"
    path.write_text(f"certificates = {certificates}\n{text}\n")
    return path


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("learning_rate = 0.09", 0, "inside  boundary.cert.json: configuration: damping 18/5 is within"),
        ("learning_rate = 0.11", 1, "OUTSIDE boundary.cert.json: configuration: damping 22/5 is beyond"),
        ("learning_rate = 0.11\nworkers = 7", 0, "inside"),
        ("learning_rate = 0.09\nhessian = 6", 1, "OUTSIDE"),
        ('learning_rate = 0.09\ntrace = "same.csv"', 0, "trace: its distance from the certified law"),
        ('learning_rate = 0.09\ntrace = "other.csv"', 1, "OUTSIDE boundary.cert.json: trace"),
    ],
)
def test_verdicts(run, folder, text, status, says):
    result = run("guard", config(folder, text))
    assert result.status == status, result
    assert says in result.out


def test_all_certificates_must_hold(run, folder):
    two = '["boundary.cert.json", "boundary.cert.json"]'
    result = run("guard", config(folder, "learning_rate = 0.11", two), "--json")
    assert result.status == 1
    assert [row["inside"] for row in result.json] == [False, False]
    assert run("guard", config(folder, "step = 0.1\nlag = 7", '"lag.cert.json"')).status == 0
    assert run("guard", config(folder, "step = 0.1\nlag = 8", '"lag.cert.json"')).status == 1


@pytest.mark.parametrize(
    ("text", "certificates", "words"),
    [
        ("learning_rate = 0.1", "[]", ["certificates"]),
        ("learning_rate = 0.1", '["none.cert.json"]', ["readable"]),
        ("learning_rate = -1", '["boundary.cert.json"]', ["learning_rate", "positive"]),
        ("learning_rate = nan", '["boundary.cert.json"]', ["learning_rate", "rational"]),
        ("momentum = 1", '["boundary.cert.json"]', ["momentum"]),
        ("", '["boundary.cert.json"]', ["learning_rate"]),
        ("step = 0.1", '["boundary.cert.json"]', ["step", "only damping"]),
        ('learning_rate = 0.1\ntrace = "none.csv"', '["boundary.cert.json"]', ["none.csv"]),
        ('step = 0.1\ntrace = "same.csv"', '["lag.cert.json"]', ["no delay law"]),
    ],
)
def test_bad_configurations(run, folder, text, certificates, words):
    run("guard", config(folder, text, certificates)).assert_one_sentence(*words)


def test_bad_files(run, folder, tmp_path):
    run("guard", tmp_path / "none.toml").assert_one_sentence("none.toml")
    (tmp_path / "x.toml").write_text("learning_rate = ")
    run("guard", tmp_path / "x.toml").assert_one_sentence("x.toml", "TOML")
    (folder / "bad.cert.json").write_text((folder / "boundary.cert.json").read_text()[:300])
    path = config(folder, "learning_rate = 0.1", '["bad.cert.json"]')
    run("guard", path).assert_one_sentence("bad.cert.json", "kernel accepts")
