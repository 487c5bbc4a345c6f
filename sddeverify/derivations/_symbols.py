"""The symbols of the theory: one name means one thing in every derivation (see ``_meanings``)."""

from __future__ import annotations

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
tail_index, shortest, exponent = _positive("kappa_p"), _positive("l_p"), _positive("e_y")
batch, batch_start, updates_made = _positive("K_r"), _positive("K_0"), _positive("n_T1")
start_loss, loss_now = _positive("F_0"), _positive("F_l")
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

# Delays that grow, and nodes of threads.
update, oldest, newest = _positive("n_u"), _positive("n_r"), _positive("n_1")
moved, share, power = Symbol("x_m", real=True), _positive("y_d"), _positive("p_d")
inner = Symbol("B_i", integer=True, positive=True)

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
