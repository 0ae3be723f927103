"""Mutations of chapter 8: autoencoders, information, InfoMax, and the page's checks."""

from mutation import on_page, tested

PARTS = "test_vae_tables.py::test_every_part_is_its_definition"
BOUND = "test_autoencoders.py::test_the_bound_is_an_independent_implementation"

AUTOENCODERS = [
    tested(
        "reparameterised with the variance",
        "autoencoders/normals",
        "(0.5 * log_variance).exp() * noise",
        "log_variance.exp() * noise",
        "test_autoencoders.py::test_draws_follow_their_law_and_pass_gradients",
    ),
    tested(
        "normal density without its constant",
        "autoencoders/normals",
        "return -0.5 * (square + log_variance + math.log(2.0 * math.pi)).sum(-1)",
        "return -0.5 * (square + log_variance).sum(-1)",
        "test_autoencoders.py::test_normal_laws_are_torchs",
    ),
    tested(
        "beta multiplies the distortion",
        "autoencoders/vae",
        "return self.distortion + beta * self.rate",
        "return beta * self.distortion + self.rate",
        BOUND,
    ),
    tested(
        "importance weights without the encoder's density",
        "autoencoders/vae",
        "- normal_log_prob(z, mean, log_variance).double()",
        "- 0 * normal_log_prob(z, mean, log_variance).double()",
        "test_autoencoders.py::test_the_importance_weighted_estimate_is_the_likelihood",
    ),
    tested(
        "importance weights are summed, not averaged",
        "autoencoders/vae",
        "return total - math.log(samples)",
        "return total",
        "test_autoencoders.py::test_the_importance_weighted_estimate_is_the_likelihood",
    ),
    tested(
        "a pixel sees itself",
        "autoencoders/autoregressive",
        "earlier = places[:, None] > places[None, :]",
        "earlier = places[:, None] >= places[None, :]",
        "test_autoencoders.py::test_the_mask_by_hand",
    ),
    tested(
        "samples ignore the earlier pixels",
        "autoencoders/autoregressive",
        "odds = given[:, pixel] + x @ weight[pixel]",
        "odds = given[:, pixel]",
        "test_autoencoders.py::test_autoregressive_samples_follow_the_probabilities",
    ),
    tested(
        "leave-one-out leaves nothing out",
        "autoencoders/information",
        "table[rows, start + rows] = -math.inf",
        "table[rows, start + rows] += 0.0",
        "test_autoencoders.py::"
        "test_the_bounds_lie_on_either_side_of_a_known_information",
    ),
    tested(
        "aggregate not divided by the number of laws",
        "autoencoders/information",
        "return torch.cat(parts) - math.log(len(mean))",
        "return torch.cat(parts)",
        "test_autoencoders.py::test_the_aggregate_is_torchs_mixture",
    ),
    tested(
        "own law taken from the first chunk",
        "autoencoders/information",
        "own = table[rows, start + rows].clone()",
        "own = table[rows, rows].clone()",
        "test_autoencoders.py::test_codes_of_the_first_rows_only",
    ),
    tested(
        "decoder's gap weighted by the prior",
        "autoencoders/tables",
        "decoder_gap=(aggregate * gaps).sum()",
        "decoder_gap=(prior * gaps).sum()",
        PARTS,
    ),
    tested(
        "mismatched pairs are matched",
        "infomax/vectors",
        "x.roll(1, 0)",
        "x.roll(0, 0)",
        "test_vae_tables.py::test_mismatched_pairs_have_another_rows_data",
    ),
    tested(
        "optimum of the linear VAE without beta",
        "autoencoders/linear",
        "noise = min(1.0, beta * self.deviation**2 / self.variance)",
        "noise = min(1.0, self.deviation**2 / self.variance)",
        "test_autoencoders.py::test_no_other_parameters_do_better_than_the_optimum",
    ),
    tested(
        "pixels not binarised",
        "experiments/vae_information/run",
        "test=(test.unit().flatten(1) >= 0.5).float()",
        "test=test.unit().flatten(1)",
        "test_experiments_vae_information.py::test_pictures_are_zeros_and_ones",
    ),
    tested(
        "negative parts start from the positive pile",
        "bars",
        "ends[sign] = end + part",
        "ends[1] = end + part",
        "test_bars.py::test_parts_pile_up_by_their_signs",
    ),
]

PAGE = [
    on_page(
        "divergence of the joint laws the other way round",
        "autoencoders/tables",
        "loss=kl(together, prior * decoder)",
        "loss=kl(prior * decoder, together)",
        "8.1",
        "8.6",
    ),
    on_page(
        "Bayes decoder keeps the encoder",
        "autoencoders/tables",
        "return conditional(joint(data, encoder), given=1)",
        "return encoder / encoder.sum(0)",
        "8.2",
        "8.3",
    ),
    on_page(
        "fit with the sign turned",
        "autoencoders/tables",
        "fit=log_ratio.sum()",
        "fit=-log_ratio.sum()",
        "8.1",
        "8.3",
        "8.4",
    ),
    on_page(
        "rate the other way round",
        "autoencoders/tables",
        "rate=(data * kl(encoder, prior, -1)).sum()",
        "rate=(data * kl(prior.expand_as(encoder), encoder, -1)).sum()",
        *("8.1", "8.5", "8.10"),
    ),
    on_page(
        "decoder's gap weighted by the prior",
        "autoencoders/tables",
        "decoder_gap=(aggregate * gaps).sum()",
        "decoder_gap=(prior * gaps).sum()",
        "8.4",
        "8.6",
    ),
    on_page(
        "aggregate's divergence the other way round",
        "autoencoders/tables",
        "aggregate_kl=kl(aggregate, prior)",
        "aggregate_kl=kl(prior, aggregate)",
        "8.5",
        "8.6",
        "8.7",
    ),
    on_page(
        "information not subtracted",
        "infomax/tables",
        "return rate_weight * rate - information_weight * mutual_information(joint)",
        "return rate_weight * rate + information_weight * mutual_information(joint)",
        "8.8",
    ),
    on_page(
        "rate of the linear VAE with the deviation",
        "autoencoders/linear",
        "self.variance + noise - 1.0 - noise.log())",
        "self.variance + noise - 1.0 - 0.5 * noise.log())",
        *("8.7", "8.9"),
    ),
    on_page(
        "JS information is the plain divergence",
        "infomax/tables",
        "return js(joint, product_law(joint), (-2, -1))",
        "return mutual_information(joint)",
        "8.10",
    ),
    on_page(
        "chapter 8's records ignore the metric's name",
        "results/records",
        "return [s.metrics[metric] for s in self.seeds if metric in s.metrics]",
        "return [next(iter(s.metrics.values())) for s in self.seeds]",
        *("8.7", "8.9", "8.11"),
    ),
    on_page(
        "chapter 8: above means below",
        "claims",
        "self._mean_beyond(values, bound, confidence, what, sign=1)",
        "self._mean_beyond(values, bound, confidence, what, sign=-1)",
        *("8.5", "8.7", "8.12"),
    ),
]

# Breaks that reach the checks which the ones above leave standing.
PAGE_MORE = [
    on_page(
        "chapter 8: divergence less half a nat",
        "distributions/tables",
        "return _sum(torch.xlogy(p, p) - torch.xlogy(p, q), axes)",
        "return _sum(torch.xlogy(p, p) - torch.xlogy(p, q), axes) - 0.5",
        *("8.4", "8.7", "8.10"),
    ),
    on_page(
        "Bayes decoder mixes up one picture in ten",
        "autoencoders/tables",
        "return conditional(joint(data, encoder), given=1)",
        "law = conditional(joint(data, encoder), given=1)\n"
        "    return 0.9 * law + 0.1 * law.flip(0)",
        *("8.7", "8.10"),
    ),
    on_page(
        "information of the linear VAE without its half",
        "autoencoders/linear",
        "return 0.5 * torch.log1p(slope.square() * self.variance / noise)",
        "return torch.log1p(slope.square() * self.variance / noise)",
        *("8.7", "8.9"),
    ),
    on_page(
        "optimal information with the deviation",
        "autoencoders/linear",
        "0.5 * math.log(self.variance / (beta * self.deviation**2))",
        "0.5 * math.log(self.variance / (beta * self.deviation))",
        "8.9",
    ),
    on_page(
        "chapter 8: rate with the log-deviation",
        "distributions/normals",
        "terms = log_variance.exp() + mean.square() - 1 - log_variance",
        "terms = log_variance.exp() + mean.square() - 1 - 0.5 * log_variance",
        *("8.5", "8.9"),
    ),
]

CHAPTER_8 = [*AUTOENCODERS, *PAGE, *PAGE_MORE]
