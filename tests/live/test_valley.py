"""Chapter 7's live figure against the library's rules and those of torch."""

import pytest
import torch
from live_page import browser, evaluate
from rederived.chapters.adaptive import Adam, trajectory, valley
from rederived.training import generator

pytestmark = browser

STEPS = 60
START = [2.4, 1.2]
SETTINGS = [
    (10 ** draw[0], draw[1] * 1.5, 10 ** (-2.5 + 1.5 * draw[2]), 0.99 * draw[3])
    for draw in torch.rand(
        (4, 4), generator=generator(7, 80), dtype=torch.float64
    ).tolist()
]
LIBRARY = {
    "descent": "gradient descent",
    "sign": "sign",
    "scalar": "scalar",
    "vector": "vector",
}
OPTIMIZERS = {
    "momentum": lambda p, lr, memory: torch.optim.SGD([p], lr, momentum=memory),
    "adam": lambda p, lr, memory: torch.optim.Adam([p], lr),
    "adam of the library": lambda p, lr, memory: Adam([p], lr),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    program = """const [settings, start, steps] = given;
      const rules = ["descent", "sign", "scalar", "vector", "momentum", "adam"];
      return settings.map(([condition, angle, lr, memory]) => {
        const h = maths.hessian(condition, angle);
        return [maths.loss(h, start), Object.fromEntries(rules.map(
          (rule) => [rule, maths.path(rule, h, start, lr, memory, steps)]))];
      });"""
    given = [SETTINGS, START, STEPS]
    return evaluate("valley", program, given, tmp_path_factory.mktemp("valley"))


def test_paths_are_those_of_the_library(found):
    start = torch.tensor(START, dtype=torch.float64)
    for (condition, angle, lr, memory), (loss, paths) in zip(
        SETTINGS, found, strict=True
    ):
        bowl = valley(condition, angle)
        assert loss == pytest.approx(float(bowl.loss(start)), rel=1e-12)
        for ours, theirs in LIBRARY.items():
            points = trajectory(
                theirs, bowl.gradient, start, lr, STEPS, decay=memory
            ).points
            drawn = torch.tensor(paths[ours], dtype=torch.float64)
            torch.testing.assert_close(drawn, points, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_momentum_and_adam_are_those_of_torch(found, name):
    for (condition, angle, lr, memory), (_, paths) in zip(SETTINGS, found, strict=True):
        bowl = valley(condition, angle)
        theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        optimizer = OPTIMIZERS[name](theta, lr, memory)
        points = [theta.detach().clone()]
        for _ in range(STEPS):
            theta.grad = bowl.gradient(theta.detach())
            optimizer.step()
            points.append(theta.detach().clone())
        drawn = torch.tensor(paths[name.split()[0]], dtype=torch.float64)
        torch.testing.assert_close(drawn, torch.stack(points), atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.95])
def test_the_limit_is_where_the_iteration_begins_to_grow(momentum, tmp_path):
    condition = 30.0
    program = "return maths.limit(given[0], given[1]);"
    limit = evaluate("valley", program, [condition, momentum], tmp_path)
    for share, grows in ((0.999, False), (1.001, True)):
        sizes = []
        for k in (1.0, condition):
            # (theta, sum) -> (theta - lr (m sum + k theta), m sum + k theta)
            lr = share * limit
            step = torch.tensor([[1 - lr * k, -lr * momentum], [k, momentum]])
            sizes.append(float(torch.linalg.eigvals(step).abs().max()))
        assert (max(sizes) > 1) == grows


def test_what_is_said_is_what_gradient_descent_does(tmp_path):
    program = "return given.map(([k, lr]) => maths.report(k, lr));"
    below, above = evaluate("valley", program, [[20, 0.05], [20, 0.11]], tmp_path)
    assert "2/κ = 0.10." in below
    assert f"keeps {100 * max(abs(1 - 0.05), abs(1 - 1.0)):.1f} %" in below
    assert f"grows by {100 * (0.11 * 20 - 2):.1f} %" in above
