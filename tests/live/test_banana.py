"""Chapter 5's live figure against the library's flows and its loss."""

import math

import pytest
import torch
from live_page import browser, evaluate
from rederived.chapters.fvae import objective
from rederived.flows import AffineCoupling, DiagonalScale, OddEven
from rederived.probability import isotropic_normal_log_prob, standard_normal_log_prob
from rederived.training import generator
from torch import nn

pytestmark = browser

HIDDEN, PER_LAYER = 4, 18
SETTINGS = [(1.0, 0.3), (-1.0, 0.8), (2.0, 0.15)]
PARAMETERS = [
    (
        0.5
        * torch.randn(
            4 + PER_LAYER * layers,
            dtype=torch.float64,
            generator=generator(5, 50, layers),
        )
    ).tolist()
    for layers in range(4)
]
FITTED = 3  # couplings


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    program = f"""const [settings, parameters, u] = given;
      const points = maths.grid(21);
      const one = (p, [x, sigma]) => {{
        const gradient = p.map(() => 0);
        return [maths.gap(p, x, sigma, points, gradient), gradient];
      }};
      const train = ([x, sigma]) => {{
        let p = maths.NORMAL;
        return Array.from({{ length: {FITTED + 1} }}, (_, depth) => {{
          const fit = maths.fit(depth ? maths.deepen(p) : p, x, sigma, maths.grid(31));
          for (let n = 0; n < maths.STEPS; n += 1) fit.step();
          p = fit.p;
          return [p, maths.gap(p, x, sigma, maths.grid(61))];
        }});
      }};
      return {{
        points,
        evidence: settings.map(([x, sigma]) => maths.evidence(x, sigma)),
        flows: parameters.map((p) => u.map((point) => maths.flow(p, point))),
        gaps: settings.map((s) => parameters.map((p) => one(p, s))),
        fits: settings.map(train),
      }};"""
    given = [SETTINGS, PARAMETERS, NOISE.tolist()]
    return evaluate("banana", program, given, tmp_path_factory.mktemp("banana"))


NOISE = torch.randn(20, 2, dtype=torch.float64, generator=generator(5, 51))


class Mean(nn.Module):
    """A shift, which the library's scale does not have."""

    def __init__(self, scale, mean):
        super().__init__()
        self.scale, self.mean = scale, mean

    def forward(self, u):
        z, log_det = self.scale(u)
        return z + self.mean, log_det


def network(weights):
    """Linear(1, H), tanh, Linear(H, 2) with the figure's numbers."""
    net = nn.Sequential(nn.Linear(1, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 2)).double()
    first, bias, scale, shift, last = weights.split([HIDDEN] * 4 + [2])
    values = [first[:, None], bias, torch.stack([scale, shift]), last]
    for parameter, value in zip(net.parameters(), values, strict=True):
        parameter.data = value
    return net


def flow_of(parameters):
    """The library's flow with the figure's parameters."""
    layers = (len(parameters) - 4) // PER_LAYER
    scale = DiagonalScale((2,)).double()
    scale.log_scale.data = parameters[2:4]
    steps = [Mean(scale, nn.Parameter(parameters[:2]))]
    for k in range(layers):
        weights = parameters[4 + k * PER_LAYER :][:PER_LAYER]
        kept = (layers - 1 - k) % 2
        steps.append(AffineCoupling(OddEven(swap=bool(kept)), network(weights)))
    return nn.ModuleList(steps)


def run(steps, u):
    log_det = u.new_zeros(len(u))
    for step in steps:
        u, more = step(u)
        log_det = log_det + more
    return u, log_det


def parabola(sigma):
    log_sigma = torch.tensor(math.log(sigma), dtype=torch.float64)

    def log_likelihood(x, z):
        return isotropic_normal_log_prob(x, z[:, 1:] + z[:, :1].square(), log_sigma)

    return log_likelihood


def gap(steps, x, sigma, points, evidence):
    """Bound less -log q(x), by the library's terms at weighted points."""
    u, weights = points[:, :2], points[:, 2]
    seen = torch.full((len(u), 1), x, dtype=torch.float64)
    terms = objective(lambda u, _: run(steps, u), parabola(sigma), seen, u)
    return (weights * terms.loss()).sum() + evidence


def gradient_of(steps):
    """Gradients in the order of the figure's parameters."""
    first = steps[0]
    flat = [first.mean.grad, first.scale.log_scale.grad]
    for coupling in list(steps)[1:]:
        into, bias, out, last = (p.grad for p in coupling.net.parameters())
        flat += [into[:, 0], bias, out[0], out[1], last]
    return torch.cat(flat)


def evidence_of(x, sigma):
    """log q(x), summed over the plane."""
    axis = torch.linspace(-8, 8, 801, dtype=torch.float64)
    plane = torch.cartesian_prod(axis, axis)
    seen = torch.full((len(plane), 1), x, dtype=torch.float64)
    joint = parabola(sigma)(seen, plane) + standard_normal_log_prob(plane)
    return float(joint.logsumexp(0)) + 2 * math.log(16 / 800)


def test_the_evidence_is_the_integral_over_the_plane(found):
    for (x, sigma), value in zip(SETTINGS, found["evidence"], strict=True):
        assert value == pytest.approx(evidence_of(x, sigma), abs=1e-9)


def test_the_flow_is_that_of_the_library(found):
    for parameters, points in zip(PARAMETERS, found["flows"], strict=True):
        values = torch.tensor(points, dtype=torch.float64)
        z, log_det = run(flow_of(torch.tensor(parameters, dtype=torch.float64)), NOISE)
        torch.testing.assert_close(values[:, :2], z.detach(), atol=1e-12, rtol=1e-12)
        torch.testing.assert_close(
            values[:, 2], log_det.detach(), atol=1e-12, rtol=1e-12
        )


def test_gap_and_gradient_are_those_of_the_library(found):
    points = torch.tensor(found["points"], dtype=torch.float64)
    for (x, sigma), values in zip(SETTINGS, found["gaps"], strict=True):
        for parameters, (value, gradient) in zip(PARAMETERS, values, strict=True):
            steps = flow_of(torch.tensor(parameters, dtype=torch.float64))
            mine = gap(steps, x, sigma, points, evidence_of(x, sigma))
            mine.backward()
            assert value == pytest.approx(mine.item(), rel=1e-9)
            torch.testing.assert_close(
                torch.tensor(gradient, dtype=torch.float64),
                gradient_of(steps),
                atol=1e-9,
                rtol=1e-9,
            )


def test_the_best_normal_posterior_is_found(found):
    """A minimiser of the library's loss, from elsewhere, ends no lower."""
    points = torch.tensor(found["points"], dtype=torch.float64)
    for (x, sigma), fits in zip(SETTINGS, found["fits"], strict=True):
        steps = flow_of(torch.tensor([0.1, 0.3, -0.2, -1.0], dtype=torch.float64))
        newton = torch.optim.LBFGS(steps.parameters(), line_search_fn="strong_wolfe")

        def closure(steps=steps, newton=newton, x=x, sigma=sigma):
            newton.zero_grad()
            value = gap(steps, x, sigma, points, evidence_of(x, sigma))
            value.backward()
            return value

        newton.step(closure)
        assert fits[0][1] == pytest.approx(closure().item(), abs=2e-3)


def test_couplings_close_the_gap(found):
    for fits in found["fits"]:
        gaps = [value for _, value in fits]
        assert all(value > 0 for value in gaps)
        assert gaps[1] < 0.75 * gaps[0]
        assert gaps[3] < 0.35 * gaps[0]
