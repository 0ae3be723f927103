"""Mutations of chapter 5's experiment: its judge, its measures, its models."""

from mutation import tested

EXPERIMENT_5 = [
    tested(
        "f-vae counts low frequencies as high",
        "experiments/fvae/spectra",
        "return float(power[frequencies >= HIGH].mean())",
        "return float(power.mean())",
        "test_experiments_fvae.py::test_a_wave_has_its_power_at_its_frequency",
    ),
    tested(
        "f-vae spectrum takes colours apart",
        "experiments/fvae/spectra",
        "grey = pixels.double().mean(1)",
        "grey = pixels.double()[:, 0]",
        "test_experiments_fvae.py::test_colours_are_averaged_before_the_spectrum",
    ),
    tested(
        "f-vae residual compares the sample with itself",
        "experiments/fvae/measures",
        "    return rms(pixels, again)",
        "    return rms(again, again)",
        "test_experiments_fvae.py::test_true_factors_leave_no_residual",
    ),
    tested(
        "f-vae importance weights are averaged as logarithms",
        "experiments/fvae/measures",
        "tight.append(model.bits(-(torch.logsumexp(-nats, 0) - math.log(draws))))",
        "tight.append(model.bits(nats.mean(0)))",
        "test_experiments_fvae.py::test_bits_are_those_of_the_model",
    ),
    tested(
        "f-vae bits forget the cell's width",
        "experiments/fvae/models",
        "cells = self.dimensions * math.log(CELLS.cell_width)",
        "cells = 0.0 * self.dimensions * math.log(CELLS.cell_width)",
        "test_experiments_fvae.py::test_bits_are_those_of_the_model",
    ),
    tested(
        "f-vae reads factors of the wrong pictures",
        "experiments/fvae/measures",
        "    found, wanted = predict(test, penalty), targets[2]",
        "    found, wanted = predict(held_out, penalty), targets[2]",
        "test_experiments_fvae.py::test_a_linear_code_is_read",
    ),
    tested(
        "f-vae middle of a cell is its lower edge",
        "experiments/fvae/data",
        "(pixels.to(torch.float32) + 0.5)",
        "pixels.to(torch.float32)",
        "test_experiments_fvae.py::test_grey_levels_survive_noise",
    ),
]
