"""Parameters of every policy, drawn at random; those of a new policy are drawn by what reads them."""

from hypothesis import strategies as st

from sddeverify.emulator.policies import POLICIES, _parameters
from sddeverify.emulator.policies.dasgd import READS, STEPS

tenths = st.integers(1, 40).map(lambda n: f"{n}/10")
tenths_or_zero = st.integers(0, 20).map(lambda n: f"{n}/10")
probabilities = st.integers(1, 10).map(lambda n: f"{n}/10")

READERS = {
    _parameters.up_to_workers: lambda workers: st.integers(1, workers),
    _parameters.count: lambda workers: st.integers(1, 2 * workers + 1),
    _parameters.count_or_zero: lambda workers: st.integers(0, 2 * workers + 1),
    _parameters.positive_number: lambda workers: tenths,
    _parameters.number_or_zero: lambda workers: tenths_or_zero,
    _parameters.probability: lambda workers: probabilities,
    _parameters.truth: lambda workers: st.booleans(),
}


def _each(values, workers):
    return values | st.lists(values, min_size=workers, max_size=workers)


OTHERS = {  # read by functions of the policy's own
    ("dasgd", "steps"): lambda workers: st.sampled_from(list(STEPS)),
    ("dasgd", "reads"): lambda workers: st.sampled_from(list(READS)),
    ("mindflayer", "limit"): lambda workers: _each(tenths, workers),
    ("mindflayer", "trials"): lambda workers: (
        st.integers(1, 4) | st.lists(st.integers(0, 4), min_size=workers, max_size=workers).filter(any)
    ),
    ("mindflayer", "success"): lambda workers: _each(probabilities, workers),
    ("mindflayer", "fixed"): lambda workers: _each(tenths_or_zero, workers),
    ("mindflayer", "batch"): lambda workers: tenths,
    ("mindflayer_adaptive", "success"): lambda workers: st.integers(1, 9).map(lambda n: f"{n}/10"),
}


def allowed(name, parameter, workers):
    """What one parameter may be."""
    others = OTHERS.get((name, parameter))
    return (others or READERS[POLICIES[name].parameters[parameter]])(workers)


@st.composite
def parameters(draw, name, workers):
    """Some parameters of a policy; those left out have their defaults."""
    given = st.fixed_dictionaries({}, optional={one: allowed(name, one, workers) for one in POLICIES[name].parameters})
    drawn = draw(given)
    if name == "mindflayer" and "trials" in drawn:
        drawn.pop("batch", None)
    return drawn
