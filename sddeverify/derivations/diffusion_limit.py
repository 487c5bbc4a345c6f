"""From arriving gradients to the stochastic delay differential equation."""

from __future__ import annotations

import sympy
from sympy import Derivative, Eq, Sum

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import AverageOverCount, Evaluate, TakeMean, TakeRate
from sddeverify.derivations._forms import Solve, TakeRoot
from sddeverify.derivations._numbers import known_numbers
from sddeverify.derivations._operations import Expand, Factor, Multiply, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive damping coefficient and noise of dX = -a E[X(t - τ)] dt + b dW for a scenario.

    Results: ``arrival_rate``, ``drift``, ``damping``, ``diffusion``, ``intensity`` (of the additive noise),
    ``amplitude`` (its root), ``strength`` (damping times mean delay) in symbols, and ``damping_number`` with
    the scenario's numbers for the largest eigenvalue.
    """
    chain = Chain()
    rate = _arrivals(chain)
    mean_jump, second_jump = _jump(chain)
    drift, diffusion = _moments(chain, mean_jump, second_jump)
    damping = _equation(chain, rate, drift, diffusion)
    numbers = known_numbers(scenario)
    chain.step(
        "numbers",
        "The damping coefficient of this scenario",
        damping,
        Substitute(*numbers),
        "The scenario's numbers, exactly; for the largest eigenvalue of the Hessian. A mean delay that is no "
        "single rational number stays a symbol.",
    )
    return Derivation(
        name="diffusion_limit",
        title="From arriving gradients to a stochastic delay differential equation",
        summary="Asynchronous SGD on a quadratic, seen over a short time: the mean of the increment gives the "
        "delayed drift, its second moment the noise. The damping coefficient is a = ηhP/m.",
        steps=tuple(chain.steps),
        results=(
            ("arrival_rate", "rate"),
            ("drift", "drift"),
            ("damping", "damping"),
            ("diffusion", "diffusion"),
            ("intensity", "intensity"),
            ("amplitude", "amplitude"),
            ("strength", "strength"),
            ("damping_number", "numbers"),
        ),
    )


def _arrivals(chain: Chain) -> Step:
    one = chain.assume("one-worker", "A1", "Each worker pushes one gradient per compute time, on average.")
    many = chain.step(
        "all-workers",
        "All workers together",
        Sum(sym.rate_one, (sym.i, 1, sym.P)),
        Evaluate(),
        "Rates of independent streams add up.",
    )
    return chain.step(
        "rate",
        "The arrival rate Λ",
        many,
        Substitute(Eq(sym.rate_one, one.after)),
        "This is Λ: P gradients arrive in every mean compute time.",
        uses=(one,),
    )


def _jump(chain: Chain) -> tuple[Step, Step]:
    loss = chain.assume("loss", "A3", "Along an eigen-direction the loss is a parabola of curvature h.")
    gradient = chain.step(
        "gradient",
        "The gradient",
        Derivative(loss.after, sym.x_now),
        Evaluate(),
        "Differentiate the parabola.",
        uses=(loss,),
    )
    stale = chain.step(
        "stale",
        "It is taken where the worker read",
        gradient,
        Substitute(Eq(sym.x_now, sym.x_read)),
        "The gradient that arrives at t was computed where its worker read, at x_r = x(t - τ): it is stale.",
    )
    noise = chain.assume("noise", "A4", "What mini-batches add to the gradient.")
    jump = chain.step(
        "jump",
        "The jump of one arrival",
        -sym.eta * (stale.after + sym.xi),
        Expand(),
        "One arrival moves the iterate by minus the learning rate times the noisy stale gradient.",
        uses=(stale,),
    )
    mean = chain.step(
        "jump-mean",
        "Its mean, given the path",
        jump,
        TakeMean(sym.xi, noise.after[1]),
        "The noise has mean 0, so it drops out.",
        uses=(noise,),
    )
    square = chain.step(
        "jump-square",
        "The squared jump",
        jump.after**2,
        Expand(),
        "For the second moment, multiply out the square.",
        uses=(jump,),
    )
    second = chain.step(
        "jump-second",
        "Its second moment, given the path",
        square,
        TakeMean(sym.xi, noise.after[1]),
        "Mixed terms drop out; a part that grows with the path (multiplicative) and one that does not "
        "(additive) remain.",
        uses=(noise,),
    )
    return mean, second


def _moments(chain: Chain, mean_jump: Step, second_jump: Step) -> tuple[Step, Step]:
    poisson = chain.assume("poisson", "A2", "The number of arrivals in a short time dt.")
    count = chain.step(
        "count-mean",
        "Mean number of arrivals in dt",
        sym.n,
        AverageOverCount(sym.n, poisson.after),
        "The mean of a Poisson variable. For the mean, any arrival process of rate Λ would do.",
        uses=(poisson,),
    )
    mean = chain.step(
        "increment-mean",
        "Mean of the increment in dt, given the path",
        sym.n * sym.M_1,
        Substitute(_equal(sym.n, count), _equal(sym.M_1, mean_jump)),
        "Expected number of arrivals times mean jump.",
        uses=(count, mean_jump),
    )
    squares = Sum(sym.M_2, (sym.i, 1, sym.n))
    products = Sum(Sum(sym.M_1**2, (sym.i_2, 1, sym.i - 1)), (sym.i, 1, sym.n))
    given = chain.step(
        "square-given-count",
        "Second moment of n jumps together",
        squares + 2 * products,
        Evaluate(),
        "The square of a sum of independent jumps: n squares, and every pair of different jumps twice.",
    )
    counted = chain.step(
        "square-mean",
        "Second moment of the increment in dt",
        given,
        AverageOverCount(sym.n, poisson.after),
        "Here the Poisson step is needed: regular arrivals have fewer pairs, bunched ones more.",
        uses=(poisson,),
    )
    second = chain.step(
        "increment-second",
        "The same, given the path",
        counted,
        Substitute(_equal(sym.M_1, mean_jump), _equal(sym.M_2, second_jump)),
        "Put in the moments of one jump.",
        uses=(mean_jump, second_jump),
    )
    drift = chain.step("drift", "Drift", mean, TakeRate(sym.dt), "Mean increment per time.")
    diffusion = chain.step(
        "diffusion",
        "Diffusion",
        second,
        TakeRate(sym.dt),
        "Second moment per time. The pairs vanish with dt, and with them what was special about Poisson "
        "arrivals within dt; that arrivals in different dt are independent is still used.",
    )
    return drift, diffusion


def _equation(chain: Chain, rate: Step, drift: Step, diffusion: Step) -> Step:
    cut = chain.assume("cut", "A6", "Only drift and diffusion are kept.")
    chain.step(
        "sde",
        "The equation",
        cut,
        Substitute(_equal(sym.D_1, drift), _equal(sym.D_2, diffusion)),
        "Drift and diffusion put in.",
        uses=(drift, diffusion),
    )
    named = chain.step(
        "name-damping",
        "The damping coefficient a",
        Eq(drift.after, -sym.a * sym.x_read, evaluate=False),
        Solve(sym.a),
        "Write the drift as -a x_r.",
        uses=(drift,),
    )
    damping = chain.step(
        "damping",
        "The damping coefficient in the scenario's terms",
        named.after.rhs,
        Substitute(_equal(sym.Lam, rate)),
        "Put in the arrival rate.",
        uses=(named, rate),
    )
    delayed = chain.assume("delay", "A5", "The mean over the delay, given the path.")
    chain.step(
        "delayed-drift",
        "The drift, averaged over the delay",
        -sym.a * sym.x_read,
        Substitute(_equal(sym.x_read, delayed)),
        "The delayed term of the stochastic delay differential equation (SDDE).",
        uses=(delayed,),
    )
    parts = chain.step(
        "noise-parts",
        "Two kinds of noise",
        diffusion,
        Factor(),
        "Multiplicative noise (it grows with the path: random arrival times) and additive noise.",
    )
    additive = chain.step(
        "additive",
        "The additive part",
        parts,
        Substitute(Eq(sym.x_read, sympy.S.Zero)),
        "What is left at the minimum. Being a sum of independent zero-mean terms it is the mean number of "
        "arrivals times σ²η², whatever the arrival process: it does not need the Poisson step, while the "
        "multiplicative part does.",
    )
    intensity = chain.step(
        "intensity",
        "Its intensity in the scenario's terms",
        additive,
        Substitute(_equal(sym.Lam, rate)),
        "Put in the arrival rate.",
        uses=(rate,),
    )
    chain.step(
        "amplitude", "Noise amplitude b", intensity, TakeRoot(), "The factor of dW is the root of the intensity."
    )
    chain.step(
        "strength",
        "Damping times mean delay",
        damping,
        Multiply(sym.m),
        "A pure number, free of the compute time: all that matters for the mean, besides the shape of the "
        "delay law. However a delay is split into computing and sending, it is ηhP.",
    )
    return damping


def _equal(symbol: sympy.Symbol, step: Step) -> Eq:
    return Eq(symbol, step.after, evaluate=False)
