"""The symbols of the theory, each with its meaning and unit: one name means one thing in every derivation."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy
from sympy import Function, IndexedBase, Symbol


def _positive(name: str) -> Symbol:
    return Symbol(name, positive=True)


# Workers, arrivals, gradients.
P = Symbol("P", integer=True, positive=True)
m = _positive("m")
rate_one = _positive("lambda_1")
Lam = _positive("Lambda")
dt = _positive("dt")
n = Symbol("n", integer=True, nonnegative=True)
i = Symbol("i", integer=True, positive=True)
i_2 = Symbol("i_2", integer=True, positive=True)
eta = _positive("eta")
h, sigma = _positive("h"), _positive("sigma")
xi = Symbol("xi", real=True)
x_now = Symbol("x", real=True)
x_read = Symbol("x_r", real=True)
dX = Symbol("dX", real=True)  # noqa: N816 - the notation of the theory
dW = Symbol("dW", real=True)  # noqa: N816 - the notation of the theory
D_1, D_2 = Symbol("D_1", real=True), _positive("D_2")
M_1, M_2 = Symbol("M_1", real=True), Symbol("M_2", real=True)
c = _positive("c")
updates = Symbol("J_u", integer=True, positive=True)
used, in_flight, held = _positive("U"), _positive("Z"), _positive("n_T")
dispersion, window = _positive("F"), _positive("T")
pairs = _positive("N_2")

# Several directions.
h_1, h_2 = _positive("h_1"), _positive("h_2")
theta = Symbol("theta", real=True)
u_1, u_2 = Symbol("u_1", real=True), Symbol("u_2", real=True)
x_1, x_2 = Symbol("x_1", real=True), Symbol("x_2", real=True)
zeta = Symbol("zeta", real=True)

# The delay equation.
t = Symbol("t", real=True)
u = _positive("u")
s = Symbol("s")
a, b = _positive("a"), _positive("b")
omega, tau = _positive("omega"), _positive("tau")
C, S = Symbol("C", real=True), Symbol("S", real=True)
Phi = Symbol("Phi")
phase, excess, lack = Symbol("vartheta", real=True), Symbol("y", real=True), Symbol("v", real=True)
phi = _positive("phi")
path = Function("x", real=True)
density = Function("f", real=True)
probability = Function("Pr")
expectation = Function("E")
loss = Function("L", real=True)

# Roots as such, and difference equations.
z = Symbol("z")
growth = _positive("D")
modulus = _positive("R_s")
flip, correlation = _positive("p_f"), _positive("rho_c")
temperature = _positive("s_T")
kinetic, factor = Symbol("E_k", real=True), _positive("q_v")
wave = Function("psi", real=True)
slope_of_phi = Symbol("Phi_1")
real_part = Symbol("x_s", real=True)
level, angle = Symbol("x_p", real=True), _positive("y_p")
lag = Symbol("d", integer=True, positive=True)
phase_step = _positive("theta_1")
x_next, x_before = Symbol("x_next", real=True), Symbol("x_before", real=True)

# Parameters of delay laws.
q = _positive("q")
k = Symbol("k", integer=True, positive=True)
start = Symbol("l", nonnegative=True)
width = _positive("w")
cap = _positive("kappa")
step = _positive("Delta")
last = Symbol("J", integer=True, positive=True)
j = Symbol("j", integer=True, nonnegative=True)
p = IndexedBase("p", real=True)

# Schedules: thresholds, caps, batches, triggers, a shared uplink.
accepted = _positive("A")
others = _positive("r")
threshold = Symbol("N", integer=True, positive=True)
ratio = _positive("g")
success = _positive("p_s")
cycle = _positive("c_s")
K = Symbol("K", integer=True, positive=True)
y = Symbol("y", real=True)
pull = Symbol("mu", real=True)
trigger = _positive("nu")
gain = _positive("kappa_u")
bandwidth = _positive("B")
sojourn = _positive("R")
throughput = _positive("X")
queue = Symbol("Q", nonnegative=True)
weight = Function("W")
slow = Symbol("V", integer=True, nonnegative=True)
slot = Symbol("b_s", integer=True, positive=True)
late = _positive("T_K")
trial = _positive("T_s")
early, part = _positive("m_s"), _positive("e_s")
scale = _positive("s_l")
plan, needed = _positive("t_r"), _positive("S_b")
chance, length = IndexedBase("p_t", real=True), IndexedBase("T_t", real=True)
fast = Symbol("P_m", integer=True, positive=True)
supply, chances = _positive("A_t"), _positive("p_m")
expected, spread = _positive("B_e"), _positive("V_n")
deviation = Symbol("n_y", real=True)
gradient, noise = Symbol("G", real=True), Symbol("zeta_n", real=True)

# What delays do to a sample's mean.
sample = _positive("n_s")
sample_mean, sample_square = Symbol("zeta_s", real=True), Symbol("M_s", real=True)
spread_of_data = _positive("v_z")
x_start, response, response_read = Symbol("x_0", real=True), Symbol("b_T", real=True), Symbol("b_d", real=True)
series, reach = Symbol("B_z"), _positive("x_T")

# Second moments.
alpha = _positive("alpha")
x_mean = Symbol("xbar", real=True)
v_xx, v_rr, v_ii = _positive("v_xx"), _positive("v_rr"), _positive("v_ii")
v_xr = Symbol("v_xr", real=True)
at_zero, slope = Symbol("R_0", real=True), Symbol("R_1", real=True)
energy = _positive("Y")
workers_bound, equation_bound = _positive("alpha_w"), _positive("alpha_e")
integral = _positive("S_r")
small = _positive("delta")

# Time to a target.
decay = _positive("rho")
target = _positive("epsilon")
floor = _positive("g_v")


@dataclass(frozen=True)
class Meaning:
    """What a symbol stands for, and its unit in terms of time (``"1"`` for a pure number)."""

    text: str
    unit: str


MEANINGS: dict[sympy.Basic, Meaning] = {
    P: Meaning("number of workers", "1"),
    m: Meaning("mean compute time, which is the mean delay", "time"),
    rate_one: Meaning("arrival rate of one worker's gradients", "1/time"),
    Lam: Meaning("arrival rate of all gradients", "1/time"),
    dt: Meaning("a short time", "time"),
    n: Meaning("number of arrivals in dt", "1"),
    i: Meaning("index of an arrival or a worker", "1"),
    i_2: Meaning("index of another arrival", "1"),
    eta: Meaning("learning rate", "1"),
    h: Meaning("eigenvalue of the Hessian", "1"),
    h_1: Meaning("first eigenvalue of the Hessian", "1"),
    h_2: Meaning("second eigenvalue of the Hessian", "1"),
    sigma: Meaning("standard deviation of the gradient noise", "1"),
    xi: Meaning("gradient noise of one arrival", "1"),
    x_now: Meaning("distance from the minimum along one eigen-direction", "1"),
    x_read: Meaning("that distance when the arriving gradient was computed, x(t - τ)", "1"),
    dX: Meaning("increment of x in dt", "1"),
    dW: Meaning("increment of a Wiener process in dt", "1"),
    D_1: Meaning("drift: conditional mean of dX per time", "1/time"),
    D_2: Meaning("diffusion: conditional second moment of dX per time", "1/time"),
    M_1: Meaning("mean of one jump", "1"),
    M_2: Meaning("second moment of one jump", "1"),
    c: Meaning("damping times mean delay", "1"),
    theta: Meaning("angle of the first eigenvector", "1"),
    u_1: Meaning("first coordinate of the iterate", "1"),
    u_2: Meaning("second coordinate of the iterate", "1"),
    x_1: Meaning("coordinate along the first eigenvector", "1"),
    x_2: Meaning("coordinate along the second eigenvector", "1"),
    zeta: Meaning("unknown of the characteristic polynomial of the Hessian", "1"),
    t: Meaning("time", "time"),
    u: Meaning("a value of the delay", "time"),
    s: Meaning("argument of the characteristic function", "1/time"),
    a: Meaning("damping coefficient", "1/time"),
    b: Meaning("noise amplitude", "1/sqrt(time)"),
    omega: Meaning("frequency on the imaginary axis", "1/time"),
    tau: Meaning("delay", "time"),
    phase: Meaning("phase of the oscillation after the delay, ωτ", "1"),
    excess: Meaning("what a phase exceeds π/2 by", "1"),
    lack: Meaning("what a phase lacks to π/2", "1"),
    C: Meaning("E cos(ωτ), the real part of Φ(iω)", "1"),
    S: Meaning("E sin(ωτ), minus the imaginary part of Φ(iω)", "1"),
    Phi: Meaning("transform of the delay law, E exp(-sτ)", "1"),
    phi: Meaning("angle with tan φ = ωq/k", "1"),
    z: Meaning("growth factor per step; a root in units of 1/τ", "1"),
    growth: Meaning("growth factor per step, where it is real and positive", "1"),
    flip: Meaning("probability that a two-state chain changes its state", "1"),
    correlation: Meaning("correlation of neighbouring samples of a chain", "1"),
    kinetic: Meaning("kinetic part of an energy", "1/time"),
    factor: Meaning("what a variance is multiplied with", "1"),
    temperature: Meaning("variance of the noise per time", "1/time"),
    modulus: Meaning("modulus of a root", "1/time"),
    slope_of_phi: Meaning("derivative of the transform of the delay law", "time"),
    real_part: Meaning("real part of a root", "1/time"),
    level: Meaning("real part of a root in units of 1/τ", "1"),
    angle: Meaning("imaginary part of a root in units of 1/τ, between 0 and π", "1"),
    lag: Meaning("staleness of every gradient, in steps", "1"),
    phase_step: Meaning("smallest angle per step on the unit circle", "1"),
    x_next: Meaning("the next iterate", "1"),
    x_before: Meaning("the iterate before", "1"),
    q: Meaning("mean of an exponential or Erlang law", "time"),
    k: Meaning("shape of an Erlang law", "1"),
    start: Meaning("smallest value of a uniform law", "time"),
    width: Meaning("width of a uniform law", "time"),
    cap: Meaning("largest value of a truncated exponential law", "time"),
    step: Meaning("distance of the lattice points", "time"),
    last: Meaning("index of the last lattice point", "1"),
    j: Meaning("index of a lattice point", "1"),
    p: Meaning("probability of a lattice point", "1"),
    accepted: Meaning("share of the gradients that are accepted", "1"),
    others: Meaning("rate of the other workers' accepted gradients", "1/time"),
    threshold: Meaning("smallest staleness that is discarded", "1"),
    ratio: Meaning("ratio of a geometric law", "1"),
    success: Meaning("probability that a trial ends in an upload", "1"),
    cycle: Meaning("mean length of a trial", "time"),
    K: Meaning("gradients in one update", "1"),
    y: Meaning("a gradient in units of its noise's standard deviation", "1"),
    pull: Meaning("mean of that gradient", "1"),
    trigger: Meaning("smallest size of it that is uploaded", "1"),
    gain: Meaning("mean uploaded gradient per mean gradient, for small gradients", "1"),
    bandwidth: Meaning("gradients per time that the uplink carries", "1/time"),
    sojourn: Meaning("mean time on the uplink, waiting included", "time"),
    throughput: Meaning("gradients per time that arrive", "1/time"),
    queue: Meaning("mean number of gradients on the uplink", "1"),
    slow: Meaning("workers that are not among the first K", "1"),
    slot: Meaning("place of a gradient in its batch", "1"),
    late: Meaning("mean time until K workers have pushed", "time"),
    trial: Meaning("mean time to one successful trial", "time"),
    early: Meaning("mean random part of a successful trial", "time"),
    part: Meaning("mean random part of a trial, 0 for one that fails", "time"),
    scale: Meaning("standard deviation of the logarithm of a lognormal time", "1"),
    plan: Meaning("length of a round", "time"),
    needed: Meaning("mean number of gradients that a round needs", "1"),
    chance: Meaning("success probability of a worker's trials", "1"),
    length: Meaning("longest time that a trial of a worker takes", "time"),
    fast: Meaning("number of workers that take part in a round", "1"),
    supply: Meaning("gradients per time of the workers that take part", "1/time"),
    chances: Meaning("sum of their success probabilities", "1"),
    expected: Meaning("expected number of gradients in a round", "1"),
    spread: Meaning("variance of that number", "1"),
    deviation: Meaning("number of gradients in a round less its mean", "1"),
    gradient: Meaning("the gradient itself, along one direction", "1"),
    noise: Meaning("noise of all gradients of a round together", "1"),
    sample: Meaning("size of the sample", "1"),
    sample_mean: Meaning("mean of the sample", "1"),
    sample_square: Meaning("mean square of the sample", "1"),
    spread_of_data: Meaning("variance of the data", "1"),
    x_start: Meaning("the first iterate", "1"),
    response: Meaning("share of the start that is left", "1"),
    response_read: Meaning("that share when the gradient was read", "1"),
    series: Meaning("generating function of these shares", "1"),
    reach: Meaning("step size times number of steps, αT", "1"),
    alpha: Meaning("ηh: what one fresh gradient removes of x, as a share", "1"),
    x_mean: Meaning("mean of what is read: by all workers last, or over the delay", "1"),
    v_xx: Meaning("second moment of x", "1"),
    v_xr: Meaning("mean of x times the mean read", "1"),
    v_rr: Meaning("second moment of the mean read", "1"),
    v_ii: Meaning("second moment of one worker's read", "1"),
    updates: Meaning("number of updates so far", "1"),
    used: Meaning("staleness of all gradients applied so far, together", "1"),
    held: Meaning("mean number of arrivals in a window", "1"),
    in_flight: Meaning("staleness of all gradients that are being computed, together", "1"),
    dispersion: Meaning("index of dispersion of the number of arrivals: its variance per mean", "1"),
    pairs: Meaning("mean number of ordered pairs of one worker's pushes in a window", "1"),
    window: Meaning("length of a window of time", "time"),
    at_zero: Meaning("autocorrelation of the response at lag 0", "time"),
    slope: Meaning("amplitude of the sine in that autocorrelation", "time"),
    workers_bound: Meaning("mean-square boundary of α for the workers themselves", "1"),
    equation_bound: Meaning("mean-square boundary of α for the delay equation", "1"),
    energy: Meaning("integral of E x² over all time", "time"),
    integral: Meaning("integral of the squared response of the mean", "time"),
    small: Meaning("a number that tends to 0", "1"),
    decay: Meaning("decay rate of the slowest mode", "1/time"),
    target: Meaning("share of the initial distance that is the target", "1"),
    floor: Meaning("stationary variance as a share of the squared target", "1"),
}

RANGES: dict[Symbol, tuple[Fraction, Fraction]] = {
    # cos φ > 0 is what makes (φ <-> ω) one to one; the spot tests must stay inside.
    phi: (Fraction(0), Fraction(3, 2)),
    angle: (Fraction(0), Fraction(3)),
    accepted: (Fraction(0), Fraction(1)),
    ratio: (Fraction(0), Fraction(1)),
    correlation: (Fraction(0), Fraction(1)),
    floor: (Fraction(0), Fraction(1)),
    target: (Fraction(0), Fraction(1)),
}
"""Open intervals from which random rational points take a symbol; the others follow their assumptions."""
