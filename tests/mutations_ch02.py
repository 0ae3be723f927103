"""Mutations of chapter 2: exact laws, adversarial games, EM, and its page's checks."""

from mutation import on_page, tested

GAME = "test_adversarial.py::test_the_game_goes_on_from_round_to_round"
DIRECTIONS = "test_adversarial.py::test_directions_are_gradients_of_the_losses"

LAWS = [
    tested(
        "divergence forgets its own entropy",
        "distributions/tables",
        "_sum(torch.xlogy(p, p) - torch.xlogy(p, q), axes)",
        "_sum(-torch.xlogy(p, q), axes)",
        "test_distributions.py::test_divergences_are_those_of_scipy",
    ),
    tested(
        "Jensen-Shannon from one side only",
        "distributions/tables",
        "0.5 * kl(p, middle, axes) + 0.5 * kl(q, middle, axes)",
        "kl(p, middle, axes)",
        "test_distributions.py::test_divergences_are_those_of_scipy",
    ),
    tested(
        "marginal of the other variable",
        "distributions/tables",
        'return joint.sum(-1 - _which(axis, "axis"))',
        'return joint.sum(-2 + _which(axis, "axis"))',
        "test_distributions.py::test_a_table_is_its_marginal_times_its_conditional",
    ),
    tested(
        "laws drawn from a cube, not uniform on the simplex",
        "distributions/tables",
        "waits = -torch.log1p(-draws)",
        "waits = draws",
        "test_distributions.py::test_random_laws_are_uniform_on_the_simplex",
    ),
    tested(
        "sums of laws unchecked",
        "distributions/tables",
        "if bool((error > _ROUNDING).any()):",
        "if bool((error > 1e3).any()):",
        "test_distributions.py::test_what_is_not_a_law_is_refused",
    ),
    tested(
        "variance ratio upside down",
        "distributions/normals",
        "log_ratio = log_variance - other_log_variance",
        "log_ratio = other_log_variance - log_variance",
        "test_distributions.py::test_diagonal_normals_are_those_of_torch",
    ),
    tested(
        "determinants exchanged",
        "distributions/normals",
        "log_ratio = _log_det(other_root) - _log_det(root)",
        "log_ratio = _log_det(root) - _log_det(other_root)",
        "test_distributions.py::test_multivariate_normals_are_those_of_torch",
    ),
    tested(
        "mutual information of normals doubled",
        "distributions/normals",
        "return 0.5 * (x + z - both)",
        "return x + z - both",
        "test_distributions.py::test_mutual_information_of_normals",
    ),
]

GAMES = [
    tested(
        "damping the wrong way",
        "adversarial/tables",
        "(1 - share) * old + share * response(old, discriminator)",
        "share * old + (1 - share) * response(old, discriminator)",
        GAME,
    ),
    tested(
        "discriminator starts certain",
        "adversarial/tables",
        "torch.full_like(data, 0.5)",
        "torch.full_like(data, 1.0)",
        GAME,
    ),
    tested(
        "weight of the divergence upside down",
        "adversarial/tables",
        "discriminator.pow(1 / weight)",
        "discriminator.pow(weight)",
        "test_adversarial.py::test_the_weighted_response_beats_every_other_law",
    ),
    tested(
        "worst response",
        "adversarial/tables",
        "response[discriminator.argmax()] = 1.0",
        "response[discriminator.argmin()] = 1.0",
        "test_adversarial.py::test_the_best_response_beats_every_other_law",
    ),
    tested(
        "flipped loss loses its flip",
        "adversarial/inference",
        "return softplus(-ratio), softplus(ratio)",
        "return softplus(ratio), softplus(ratio)",
        DIRECTIONS,
    ),
    tested(
        "mean under the other conditional",
        "adversarial/inference",
        "centred(by_p, self.encoder.softmax(-1), -1)",
        "centred(by_p, self.encoder.softmax(-2), -2)",
        DIRECTIONS,
    ),
    tested(
        "linearisation with exchanged rates",
        "adversarial/inference",
        "-decoder_rate / 2 * (s - given_z) + sign * encoder_rate / 2",
        "-encoder_rate / 2 * (s - given_z) + sign * decoder_rate / 2",
        "test_adversarial.py::test_the_linearisation_is_how_small_steps_move",
    ),
    tested(
        "saturating generator",
        "adversarial/losses",
        "return softplus(-fake).mean(-1)",
        "return -softplus(fake).mean(-1)",
        "test_adversarial.py::test_losses_are_cross_entropies",
    ),
    tested(
        "old samples learn as well",
        "adversarial/losses",
        "(new - old.detach())",
        "(new - old)",
        "test_adversarial.py::test_proximity_is_a_mean_square_that_only_moves_the_new",
    ),
    tested(
        "batch normalisation over the networks",
        "adversarial/ensembles",
        "mean = x.mean(1, keepdim=True)",
        "mean = x.mean((0, 1), keepdim=True)",
        "test_adversarial.py::test_layers_are_those_of_torch_network_by_network",
    ),
    tested(
        "every network its own start",
        "adversarial/ensembles",
        "torch.cat([start] * (networks // seeds))",
        "start.repeat_interleave(networks // seeds, 0)",
        "test_adversarial.py::test_starts_are_shared_and_scaled",
    ),
    tested(
        "a covariance about the origin",
        "mixtures",
        "difference = x.unsqueeze(1) - means\n",
        "difference = x.unsqueeze(1) - 0 * means\n",
        "test_mixtures.py::test_em_is_that_of_scikit_learn",
    ),
    tested(
        "fixed prior refitted",
        "mixtures",
        "return law if prior is None else prior, both / law",
        "return law, both / law",
        "test_mixtures.py::test_each_step_is_a_minimum",
    ),
]

STUDY = [
    tested(
        "the old generator is renewed at every step",
        "experiments/gan/game",
        "distance = proximity(new, before)",
        "distance = proximity(new, new)",
        "test_experiments_gan.py::"
        "test_weights_differ_in_nothing_but_the_proximity_term",
    ),
    tested(
        "each weight its own noise",
        "experiments/gan/game",
        "torch.randn(shape, generator=draws).repeat(self.repeats, 1, 1)",
        "torch.randn(self.networks, *shape[1:], generator=draws)",
        "test_experiments_gan.py::"
        "test_weights_differ_in_nothing_but_the_proximity_term",
    ),
    tested(
        "a run goes on with fresh randomness",
        "training/draws",
        "self.source.set_state(state)",
        "del state",
        "test_experiments_gan.py::test_a_killed_run_goes_on_along_the_same_trajectory",
    ),
    tested(
        "what was measured is not saved",
        "experiments/gan/match",
        "keeper.save(state, None, game.optimizer, position)",
        "keeper.save(game, None, game.optimizer, position)",
        "test_experiments_gan.py::test_a_killed_run_goes_on_along_the_same_trajectory",
    ),
    tested(
        "the encoder feels the decoder at every weight",
        "experiments/aae",
        "felt = still + self.weight * (codes - still)",
        "felt = codes",
        "test_experiments_aae.py::test_the_weight_is_felt_by_the_encoder_alone",
    ),
    tested(
        "codes are taken for draws of the prior",
        "experiments/aae",
        "for each in (z, codes))",
        "for each in (codes, z))",
        "test_experiments_aae.py::test_the_discriminator_prefers_draws_of_the_prior",
    ),
    tested(
        "codes judged on the pictures that were learned",
        "experiments/aae",
        "pictures = self.test if judged else self.train",
        "pictures = self.train",
        "test_experiments_aae.py::test_pictures_are_judged_on_the_test_part",
    ),
    tested(
        "an error over one number's variance",
        "experiments/aae",
        "variance = points.RING_RADIUS**2 + 2 * points.RING_SCALE**2",
        "variance = points.RING_RADIUS**2 / 2 + points.RING_SCALE**2",
        "test_experiments_aae.py::test_the_loss_is_equation_34",
    ),
    tested(
        "what was judged before a pause is not saved",
        "experiments/aae",
        "keeper.save(sheet, None, players.optimizer, position)",
        "keeper.save(players, None, players.optimizer, position)",
        "test_experiments_aae.py::test_a_killed_run_goes_on_along_the_same_trajectory",
    ),
    tested(
        "a checkpoint counts one round too many",
        "experiments/ali",
        "keeper.save(players, None, players.optimizer, position)",
        "position.step += 1",
        "test_experiments_ali.py::test_a_killed_run_goes_on_along_the_same_trajectory",
    ),
    tested(
        "groups of channels are groups of the batch",
        "adversarial/convolutions",
        "return x.transpose(0, 1).reshape(shape)",
        "return x.reshape(shape)",
        "test_adversarial_convolutions.py::test_pictures_of_a_network_are_a_group",
    ),
    tested(
        "one network sees all channels",
        "adversarial/convolutions",
        "x, self.weight, self.bias, stride=2, padding=1, "
        "groups=self.networks\n        )\n\n\nclass Doubling",
        "x, self.weight.flip(0), self.bias, stride=2, padding=1, "
        "groups=self.networks\n        )\n\n\nclass Doubling",
        "test_adversarial_convolutions.py::"
        "test_layers_are_those_of_torch_network_by_network",
    ),
    tested(
        "Frechet distance without the mixed term",
        "experiments/gan_images/judge",
        "square + traces - 2 * middle.sqrt().sum(-1)",
        "square + traces - 2 * middle.sum(-1)",
        "test_experiments_gan_images.py::test_the_frechet_distance_is_that_of_scipy",
    ),
    tested(
        "a step on coloured pictures measured by the sum over colours",
        "experiments/gan_images/run",
        "unit=1 / (pictures.colours * pictures.side**2)",
        "unit=1 / pictures.side**2",
        "test_experiments_gan_images.py::"
        "test_a_step_is_measured_by_the_mean_over_all_colours",
    ),
    tested(
        "generators of grey pictures for coloured ones",
        "adversarial/convolutions",
        "Doubling(*shared, channels, colours, generator)",
        "Doubling(*shared, channels, 1, generator)",
        "test_experiments_gan_images.py::test_coloured_pictures_are_played_and_judged",
    ),
    tested(
        "unsure pictures count for classes",
        "experiments/gan_images/judge",
        "counts.scatter_add_(-1, which, good.to(counts.dtype))",
        "counts.scatter_add_(-1, which, torch.ones_like(most))",
        "test_experiments_gan_images.py::"
        "test_a_class_needs_a_tenth_of_its_share_of_good_samples",
    ),
    tested(
        "pictures padded with grey",
        "experiments/gan_images/pictures",
        "2 * functional.pad(pixels, (first, last, first, last)) - 1",
        "functional.pad(2 * pixels - 1, (first, last, first, last))",
        "test_experiments_gan_images.py::test_large_pictures_are_averaged_and_padded",
    ),
    tested(
        "bad samples count for modes",
        "experiments/gan/measures",
        "counts.scatter_add_(-1, mode, good.to(counts.dtype))",
        "counts.scatter_add_(-1, mode, torch.ones_like(nearest))",
        "test_experiments_gan.py::"
        "test_a_mode_needs_a_tenth_of_its_share_of_good_samples",
    ),
    tested(
        "bands of one deviation",
        "bands",
        "factor * found.std(0, ddof=1) / np.sqrt(len(found))",
        "factor * found.std(0, ddof=1)",
        "test_bands.py::test_means_have_the_interval_of_student",
    ),
    tested(
        "arrows all one way",
        "drawings",
        'ends = ((4.1, y), (3.25, y)) if arrow == "→" else ((3.25, y), (4.1, y))',
        "ends = ((4.1, y), (3.25, y))",
        "test_drawings.py::test_comparisons_has_an_arrow_and_two_boxes_a_row",
    ),
    tested(
        "intervals of one deviation",
        "drawings",
        "reach = factor * values.std(ddof=1) / np.sqrt(len(values))",
        "reach = values.std(ddof=1)",
        "test_drawings.py::test_intervals_are_those_of_student",
    ),
]

PAGE = [
    on_page(
        "divergence with exchanged arguments",
        "distributions/tables",
        "_sum(torch.xlogy(p, p) - torch.xlogy(p, q), axes)",
        "_sum(torch.xlogy(q, q) - torch.xlogy(q, p), axes)",
        *("2.1", "2.2"),
    ),
    on_page(
        "rate of the VAE with the sign of the mean turned",
        "distributions/normals",
        "terms = log_variance.exp() + mean.square() - 1 - log_variance",
        "terms = log_variance.exp() - mean.square() - 1 - log_variance",
        "2.3",
    ),
    on_page(
        "E step without the prior",
        "mixtures",
        "both = likelihood * prior\n",
        "both = likelihood + 0 * prior\n",
        "2.4",
    ),
    on_page(
        "shares of the labels are not those asked for",
        "adversarial/tables",
        "torch.stack([(1 - weight) * model, weight * data], dim=-1)",
        "torch.stack([0.4 * model, 0.6 * data], dim=-1)",
        *("2.5", "2.6", "2.7", "2.14"),
    ),
    on_page(
        "discriminator of the model, not of the data",
        "adversarial/tables",
        "return weight * data / total",
        "return (1 - weight) * model / total",
        *("2.8", "2.9", "2.10", "2.15", "2.16", "2.18"),
    ),
    on_page(
        "divergence a tenth too small",
        "distributions/tables",
        "return _sum(torch.xlogy(p, p) - torch.xlogy(p, q), axes)",
        "return 0.9 * _sum(torch.xlogy(p, p) - torch.xlogy(p, q), axes)",
        "2.11",
    ),
    on_page(
        "proximity by absolute values",
        "adversarial/losses",
        "return (new - old.detach()).square().sum(-1).mean(-1)",
        "return (new - old.detach()).abs().sum(-1).mean(-1)",
        "2.12",
    ),
    on_page(
        "reduced loss of ALI with the encoder of the minimax one",
        "adversarial/inference",
        "return softplus(ratio), softplus(ratio)\n    return",
        "return -softplus(ratio), softplus(ratio)\n    return",
        "2.17",
    ),
    on_page(
        "every network counts as collapsed",
        "experiments/gan/measures",
        "(covered <= best / 2)",
        "(covered <= best)",
        "2.13",
    ),
    on_page(
        "collapsed are those with a wide spread",
        "experiments/gan_images/judge",
        "return spread < _NARROW",
        "return spread > _NARROW",
        "2.13",
    ),
    on_page(
        "the second half of training is the first",
        "experiments/gan/measures",
        "values[..., values.shape[-1] // 2 :]",
        "values[..., : values.shape[-1] // 2]",
        "2.18",
    ),
]

CHAPTER_2 = [*LAWS, *GAMES, *STUDY, *PAGE]
