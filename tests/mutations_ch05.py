"""Mutations of chapter 5: the f-VAE's loss, its models, and the page's checks."""

from mutation import on_page, tested

MODEL = "test_fvae.py::test_the_model_is_the_general_loss_and_the_flow_prior"
QUADRATURE = "test_fvae.py::test_the_loss_is_the_divergence_by_quadrature"

CHAPTER_5 = [
    tested(
        "loss of a conditional flow with the wrong sign of the determinant",
        "fvae/objective",
        "return self.base - self.log_det + self.prior",
        "return self.base + self.log_det + self.prior",
        QUADRATURE,
    ),
    tested(
        "standard normal without its constant",
        "fvae/objective",
        "return -0.5 * square - 0.5 * math.log(2 * math.pi) * z[0].numel()",
        "return -0.5 * square",
        "test_fvae.py::test_densities_are_torchs",
    ),
    tested(
        "normal posterior scales by the variance",
        "fvae/posteriors",
        "return mean + log_sigma.exp() * u",
        "return mean + (2 * log_sigma).exp() * u",
        "test_fvae.py::test_the_rate_of_a_normal_posterior_is_its_closed_form",
    ),
    tested(
        "noise of a shifted flow not in its determinant",
        "fvae/posteriors",
        "return z, log_det + u[0].numel() * self.log_sigma",
        "return z, log_det",
        "test_fvae.py::test_a_flow_with_noise_is_exact",
    ),
    tested(
        "f-VAE decodes the code after the flow",
        "fvae/model",
        "distortion=-normal(x, self.decoder(h), self.log_sigma_2)",
        "distortion=-normal(x, self.decoder(z), self.log_sigma_2)",
        MODEL,
    ),
    tested(
        "samples skip the flow",
        "fvae/model",
        "h, _ = self.flow.inverse(z)",
        "h = z",
        "test_fvae.py::test_codes_go_back_and_forth",
    ),
    tested(
        "temperature left out",
        "fvae/model",
        "z = temperature * torch.randn(shape",
        "z = torch.randn(shape",
        "test_fvae.py::test_samples_are_the_decoders_mean_at_scaled_codes",
    ),
    tested(
        "flow prior forgets the posterior's deviation",
        "fvae/readings",
        "base=normal(h, model.encoder(x), model.log_sigma_1)",
        "base=normal(h, model.encoder(x), 0 * model.log_sigma_1)",
        MODEL,
    ),
    tested(
        "best deviation is the variance",
        "fvae/readings",
        "return (x - mean).square().mean().sqrt()",
        "return (x - mean).square().mean()",
        "test_fvae.py::test_the_best_deviation_is_where_the_gradient_vanishes",
    ),
    tested(
        "lower corners of a square exchanged",
        "fvae/readings",
        "lower = line(corners[2], corners[3], steps)",
        "lower = line(corners[3], corners[2], steps)",
        "test_fvae.py::test_interpolation_by_hand",
    ),
    tested(
        "residual steps do not start as the identity",
        "fvae/networks",
        "        _start(last, None)\n",
        "        _start(last, generator)\n",
        "test_fvae.py::test_encoder_and_decoder_start_as_inverses",
    ),
    tested(
        "chains mark no box",
        "chains",
        "colour = COLOURS[0] if text in marked else PLAIN",
        "colour = PLAIN",
        "test_chains.py::test_boxes_and_arrows_alternate",
    ),
]

ON_PAGE_5 = [
    on_page(
        "coupling's determinant over both halves",
        "flows/coupling",
        "return self.split.merge(kept, moved), log_scale.flatten(1).sum(1)",
        "return self.split.merge(kept, moved), 2 * log_scale.flatten(1).sum(1)",
        "5.1",
    ),
    on_page(
        "loss without the determinant",
        "fvae/objective",
        "log_det=log_det,",
        "log_det=0 * log_det,",
        "5.2",
        "5.3",
        "5.4",
        "5.7",
    ),
    on_page(
        "normal law without its deviation in the constant",
        "fvae/objective",
        "(-log_sigma).exp()) - x[0].numel() * log_sigma",
        "(-log_sigma).exp())",
        "5.4",
        "5.5",
        "5.13",
    ),
    on_page(
        "noise of the f-VAE not in its determinant",
        "fvae/model",
        "return z, log_det + h[0].numel() * self.log_sigma_1",
        "return z, log_det",
        "5.5",
        "5.6",
    ),
    on_page(
        "sharpness counts low frequencies",
        "experiments/fvae/spectra",
        "return float(power[frequencies >= HIGH].mean())",
        "return float(power.mean())",
        "5.8",
    ),
    on_page(
        "reconstruction from an empty code",
        "fvae/model",
        "result: Tensor = self.decoder(self.encoder(x))",
        "result: Tensor = self.decoder(0 * self.encoder(x))",
        "5.12",
    ),
    on_page(
        "printed loss has the missing term",
        "fvae/model",
        "left_out = 0.5 * math.log(2 * math.pi) + self.log_sigma_2",
        "left_out = 0.5 * math.log(2 * math.pi)",
        "5.13",
    ),
    on_page(
        "every metric of chapter 5's records is the number of parameters",
        "results/records",
        "return [s.metrics[metric] for s in self.seeds if metric in s.metrics]",
        "return [next(iter(s.metrics.values())) for s in self.seeds]",
        "5.9",
        "5.10",
        "5.11",
        "5.14",
    ),
]
