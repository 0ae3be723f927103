"""The mutations: what is broken, how, and what must notice.

Each names a file below ``lib/rederive``, a text that occurs there exactly once, what
takes its place, and either the tests of which one must fail, or the claims of which
each must fail a check on the chapter's page.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTEBOOK = "book/03-nice.ipynb"


@dataclass(frozen=True)
class Mutation:
    """One deliberate error.

    Attributes:
        name: what goes wrong, in a few words.
        file: the file below ``lib/rederive``.
        old: a text that occurs in it exactly once.
        new: what takes its place.
        tests: node ids below ``tests/``; at least one of them must fail.
        claims: claims; each must fail a check on the page.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


def _flow(name: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(name, f"flows/{file}.py", old, new, tests)


def _training(name: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(name, f"training/{file}.py", old, new, tests)


def _other(name: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(name, f"{file}.py", old, new, tests)


ROUND_TRIP = "test_flows.py::test_round_trip_and_its_log_determinants"
JACOBIAN = "test_flows.py::test_log_determinant_is_that_of_the_jacobian"
PLACES = "test_flows.py::test_splits_keep_the_places_they_say"
KILLED = "test_checkpoints.py::test_a_killed_run_goes_on_bit_by_bit"

FLOWS = [
    _flow(
        "additive inverse adds the shift again",
        "coupling",
        "changed - self.shift(kept)), zero_log_det(z)",
        "changed + self.shift(kept)), zero_log_det(z)",
        ROUND_TRIP,
    ),
    _flow(
        "sign of the affine log-determinant",
        "coupling",
        "return self.split.merge(kept, moved), log_scale.flatten(1).sum(1)",
        "return self.split.merge(kept, moved), -1 * log_scale.flatten(1).sum(1)",
        JACOBIAN,
    ),
    _flow(
        "sign of the affine inverse log-determinant",
        "coupling",
        "merge(kept, moved), -log_scale.flatten(1).sum(1)",
        "merge(kept, moved), +log_scale.flatten(1).sum(1)",
        ROUND_TRIP,
    ),
    _flow(
        "affine scale dropped",
        "coupling",
        "moved = changed * log_scale.exp() + shift",
        "moved = changed + shift",
        JACOBIAN,
    ),
    _flow(
        "affine inverse scales before it shifts",
        "coupling",
        "moved = (changed - shift) * (-log_scale).exp()",
        "moved = changed * (-log_scale).exp() - shift",
        ROUND_TRIP,
    ),
    _flow(
        "affine log-scale without its bound",
        "coupling",
        "return self.limit * torch.tanh(raw / self.limit), shift",
        "return raw, shift",
        "test_flows.py::test_the_affine_scale_stays_within_its_limit",
    ),
    _flow(
        "affine log-scale and shift exchanged",
        "coupling",
        "raw, shift = self.net(kept)",
        "shift, raw = self.net(kept)",
        "test_flows.py::test_the_affine_network_gives_the_log_scale_first",
    ),
    _flow(
        "scale layer averages its log-determinant",
        "bijection",
        "return x * self.log_scale.exp(), self.log_scale.sum()",
        "return x * self.log_scale.exp(), self.log_scale.mean()",
        JACOBIAN,
    ),
    _flow(
        "scale layer multiplies on the way back",
        "bijection",
        "return z * (-self.log_scale).exp()",
        "return z * self.log_scale.exp()",
        ROUND_TRIP,
    ),
    _flow(
        "composition undone in the order it was done",
        "bijection",
        "for step in reversed(self.steps):",
        "for step in self.steps:",
        ROUND_TRIP,
    ),
    _flow(
        "composition keeps the last log-determinant only",
        "bijection",
        "            x, log_det = step(x)\n            total = total + log_det",
        "            x, log_det = step(x)\n            total = log_det",
        JACOBIAN,
    ),
    _flow(
        "inverse does not invert",
        "bijection",
        "return self.bijection.inverse(x)",
        "return self.bijection(x)",
        ROUND_TRIP,
    ),
    _flow(
        "odd and even exchanged",
        "splits",
        "odd, even = x[..., 0::2], x[..., 1::2]",
        "even, odd = x[..., 0::2], x[..., 1::2]",
        PLACES,
    ),
    _flow(
        "halves laid end to end, not interleaved",
        "splits",
        "torch.stack(parts, dim=-1).flatten(-2)",
        "torch.cat(parts, dim=-1)",
        "test_flows.py::test_any_split_is_undone_by_its_merge",
    ),
    _flow(
        "prefix longer by one",
        "splits",
        "first, rest = x[..., : self.size], x[..., self.size :]",
        "first, rest = x[..., : self.size + 1], x[..., self.size + 1 :]",
        PLACES,
    ),
    _flow(
        "checkerboard shifted by a row",
        "splits",
        "return (rows % 2 == 1).unsqueeze(-1)",
        "return (rows % 2 == 0).unsqueeze(-1)",
        PLACES,
    ),
    _flow(
        "channel split ignores its swap",
        "splits",
        "return (second, first) if self.swap else (first, second)",
        "return (first, second)",
        PLACES,
    ),
    _flow(
        "permutation undone by itself",
        "permutations",
        "order.argsort()",
        "order.clone()",
        "test_flows.py::test_any_permutation_is_undone_and_keeps_volume",
    ),
    _flow(
        "permutation off by one",
        "permutations",
        "return x[..., self.order]",
        "return x[..., self.order.roll(1)]",
        "test_flows.py::test_any_permutation_is_undone_and_keeps_volume",
    ),
    _flow(
        "reversal not undone",
        "permutations",
        "return z.flip(-1)",
        "return z.clone()",
        ROUND_TRIP,
    ),
    _flow(
        "normal law without its constant",
        "priors",
        "return -0.5 * z.square() - 0.5 * math.log(2.0 * math.pi)",
        "return -0.5 * z.square()",
        "test_likelihood.py::test_log_densities_against_scipy",
    ),
    _flow(
        "logistic law loses a factor two",
        "priors",
        "return -size - 2.0 * functional.softplus(-size)",
        "return -size - functional.softplus(-size)",
        "test_likelihood.py::test_log_densities_against_scipy",
    ),
    _flow(
        "logistic samples without tails",
        "priors",
        "return torch.logit(u, eps=tiny)",
        "return torch.logit(u, eps=0.01)",
        "test_likelihood.py::test_samples_have_the_laws_moments_and_shape",
    ),
    _flow(
        "events average their coordinates",
        "priors",
        "return self.log_density(z).flatten(1).sum(1)",
        "return self.log_density(z).flatten(1).mean(1)",
        "test_likelihood.py::test_an_event_sums_its_coordinates",
    ),
    _flow(
        "density subtracts the log-determinant",
        "density",
        "return self.prior.log_prob(z) + log_det",
        "return self.prior.log_prob(z) - log_det",
        "test_likelihood.py::test_the_density_of_a_flow_integrates_to_one",
    ),
    _flow(
        "temperature ignored",
        "density",
        "z = temperature * self.prior.sample(",
        "z = self.prior.sample(",
        "test_likelihood.py::test_temperature_multiplies_the_code",
    ),
    _flow(
        "samples are codes",
        "density",
        "x, _ = self.bijection.inverse(z)",
        "x, _ = self.bijection(z)",
        "test_likelihood.py::test_samples_of_a_flow_follow_its_density",
    ),
    _flow(
        "cells narrower by one level",
        "density",
        "return (self.high - self.low) / self.levels",
        "return (self.high - self.low) / (self.levels - 1)",
        "test_likelihood.py::test_dequantization_fills_each_levels_cell",
    ),
    _flow(
        "noise of one width for any number of levels",
        "density",
        "self.low + self.cell_width * (pixels + noise)",
        "self.low + self.cell_width * pixels + noise / 256",
        "test_likelihood.py::test_dequantization_fills_each_levels_cell",
    ),
    _flow(
        "bits per dimension without the cell's sign",
        "density",
        "log_likelihood + dimensions * math.log(cell_width)",
        "log_likelihood - dimensions * math.log(cell_width)",
        "test_likelihood.py::test_bits_per_dim_of_the_papers_numbers",
    ),
    _flow(
        "bits per dimension in nats",
        "density",
        "return nats / math.log(2.0)",
        "return nats",
        "test_likelihood.py::test_bits_per_dim_of_the_papers_numbers",
    ),
]

NICE = [
    _flow(
        "article's networks without their last ReLU",
        "nice",
        "OddEven(), coupling_network(half, half, width, depth, end=end)",
        "OddEven(), coupling_network(half, half, width, depth)",
        "test_flows.py::test_the_articles_networks_push_one_way",
    ),
    _flow(
        "article's couplings the other way round",
        "nice",
        "Inverse(coupling) if subtract else coupling",
        "coupling if subtract else Inverse(coupling)",
        "test_flows.py::test_the_articles_networks_push_one_way",
    ),
    _flow(
        "reversals left out",
        "nice",
        "steps += [Reverse(), Inverse(coupling)",
        "steps += [Inverse(coupling)",
        "test_flows.py::test_the_article_reverses_before_each_coupling",
    ),
    _flow(
        "paper's halves do not alternate",
        "nice",
        "OddEven(swap=bool(k % 2))",
        "OddEven(swap=False)",
        "test_flows.py::test_nice_alternates_the_halves",
    ),
    _flow(
        "article's loss keeps the constant",
        "nice",
        "return -log_likelihood - 0.5 * dimensions * math.log(2.0 * math.pi)",
        "return -log_likelihood",
        "test_nice.py::test_the_articles_loss_lacks_the_constant_of_the_normal_law",
    ),
    _flow(
        "one hidden layer too few",
        "nice",
        "for _ in range(depth):",
        "for _ in range(depth - 1):",
        "test_nice.py::test_the_mnist_model_has_the_articles_size",
    ),
    _flow(
        "He start without the factor of the ReLU",
        "nice",
        'nonlinearity="relu"',
        'nonlinearity="linear"',
        "test_nice.py::test_he_start",
    ),
    _other(
        "negative and positive noise exchanged",
        "experiments/nice/data",
        '"negative": -1.0, "positive": 0.0',
        '"negative": 0.0, "positive": -1.0',
        "test_nice.py::test_the_articles_noise_lies_where_it_says",
    ),
    _other(
        "normal noise wider than the others",
        "experiments/nice/data",
        "NOISE_WIDTH / 12**0.5 * draw",
        "NOISE_WIDTH * draw",
        "test_nice.py::test_all_noise_has_one_variance",
    ),
    _other(
        "validation pictures stay among the training pictures",
        "experiments/nice/data",
        "kept = len(images) - len(images) // 6",
        "kept = len(images)",
        "test_experiments_nice.py::test_validation_images_are_the_last_sixth_of_the_training_images",
    ),
    _other(
        "article's weights chosen on noisy pictures",
        "experiments/nice/run",
        '"none" if config.form == "article" else config.noise',
        '"none" if config.form == "paper" else config.noise',
        "test_experiments_nice.py::test_the_articles_form_is_chosen_on_pictures_without_noise",
    ),
    _other(
        "worst epoch reported",
        "experiments/nice/run",
        'best = min(history.column("held_out"))',
        'best = max(history.column("held_out"))',
        "test_experiments_nice.py::test_metrics_of_the_articles_form",
    ),
    _other(
        "Frechet distance with half its cross term",
        "experiments/nice/analysis",
        "- 2.0 * shared)",
        "- shared)",
        "test_experiments_nice.py::test_frechet_distance_against_a_matrix_root",
    ),
    _other(
        "dependence of squares measured on the values",
        "experiments/nice/analysis",
        "_mean_correlation(centred.square())",
        "_mean_correlation(centred)",
        "test_experiments_nice.py::test_dependence_of_known_samples",
    ),
]

TRAINING = [
    _training(
        "average remembers too little",
        "loop",
        "get_ema_multi_avg_fn(decay)",
        "get_ema_multi_avg_fn(1.0 - decay)",
        "test_training.py::test_averaged_weights_by_hand",
    ),
    _training(
        "averaged weights not used",
        "loop",
        "return self.plain if self.average is None else self.average.module",
        "return self.plain",
        "test_training.py::test_averaged_weights_by_hand",
    ),
    _training(
        "clipping at twice the norm",
        "loop",
        "clip_grad_norm_(self.plain.parameters(), self.settings.clip_norm)",
        "clip_grad_norm_(self.plain.parameters(), 2 * self.settings.clip_norm)",
        "test_training.py::test_clipping_bounds_the_whole_gradient",
    ),
    _training(
        "schedule replaces the base rate",
        "loop",
        'group["lr"] = rate * self.schedule(step)',
        'group["lr"] = self.schedule(step)',
        "test_training.py::test_the_schedule_keeps_the_ratio_of_the_groups",
    ),
    _training(
        "one order for all epochs",
        "loop",
        "generator(seed, _ORDER, epoch)",
        "generator(seed, _ORDER, 0)",
        "test_training.py::test_an_epoch_sees_every_row_once_in_a_new_order",
    ),
    _training(
        "one noise for all steps",
        "loop",
        "generator(seed, _NOISE, step)",
        "generator(seed, _NOISE, 0)",
        "test_training.py::test_the_seed_decides_order_and_noise",
    ),
    _training(
        "both processes take the same rows",
        "loop",
        "self.accelerator.process_index, None,",
        "0, None,",
        "test_training.py::test_two_processes_train_like_one",
    ),
    _training(
        "worst epoch kept",
        "loop",
        "if row[monitor] < self.position.best:",
        "if row[monitor] < 1e9:",
        "test_training.py::test_the_best_epochs_weights_are_kept",
    ),
    _training(
        "divergence not noticed",
        "loop",
        "if math.isfinite(loss) and abs(loss) <= LARGEST_LOSS:",
        "if abs(loss) <= LARGEST_LOSS or loss != loss:",
        "test_training.py::test_divergence_names_step_and_checkpoint",
    ),
    _training(
        "losses of an epoch pile up",
        "loop",
        "        self.position.partial_loss = 0.0\n",
        "",
        "test_training.py::test_the_epochs_loss_is_the_mean_over_its_steps",
    ),
    _training(
        "global random state not put back",
        "loop",
        "    with torch.random.fork_rng():\n        yield",
        "    yield",
        "test_training.py::test_the_callers_random_state_is_left_alone",
    ),
    _training(
        "pictures in bfloat16",
        "loop",
        "            loss = self.model(*batch)",
        "            loss = self.model(*(t.bfloat16() for t in batch))",
        "test_training.py::test_bf16_keeps_the_density_in_float32",
    ),
    _flow(
        "couplings in the precision of their networks",
        "coupling",
        "merge(kept, changed - self.shift(kept))",
        "merge(kept, changed.to(self.shift(kept).dtype) - self.shift(kept))",
        "test_flows.py::test_networks_in_bf16_do_not_round_the_event",
    ),
    _training(
        "resumed optimizer has forgotten everything",
        "checkpoints",
        'optimizer.load_state_dict({"state": state,',
        'optimizer.load_state_dict({"state": {},',
        KILLED,
    ),
    _training(
        "resumed average starts afresh",
        "checkpoints",
        '            average.load_state_dict(_under("average/", tensors))',
        "            average.load_state_dict(average.state_dict())",
        KILLED,
    ),
    _training(
        "dropout depends on the history of the process",
        "loop",
        "torch.manual_seed(derive(seed, _MODEL, step, self.accelerator.process_index))",
        "torch.manual_seed(seed) if step == 0 else None",
        KILLED,
    ),
    _training(
        "checkpoint written in place",
        "checkpoints",
        "save_file(unshared, temporary,",
        "save_file(unshared, path,",
        "test_checkpoints.py::test_a_failing_write_leaves_the_old_file",
    ),
    _training(
        "another seed's checkpoint accepted",
        "loop",
        '("epochs", "batch_size", "seed", "clip_norm", "average_decay")',
        '("epochs", "batch_size", "clip_norm", "average_decay")',
        "test_checkpoints.py::test_another_runs_checkpoint_is_refused",
    ),
    _training(
        "cycle does not end at its end",
        "schedules",
        "(step - peak) / (total_steps - 1 - peak)",
        "(step - peak) / (total_steps - peak)",
        "test_schedules.py::test_one_cycle_is_torchs",
    ),
    _training(
        "decay without its floor",
        "schedules",
        "return max(floor, math.exp(-step * math.log(decay)))",
        "return math.exp(-step * math.log(decay))",
        "test_schedules.py::test_exponential_divides_until_the_floor",
    ),
    _training(
        "streams ignore the end of their path",
        "seeds",
        "np.random.SeedSequence(path)",
        "np.random.SeedSequence(path[:1])",
        "test_training.py::test_streams_depend_on_the_whole_path",
    ),
    _training(
        "progress bar under test",
        "progress",
        ' or "PYTEST_VERSION" in os.environ',
        "",
        "test_training.py::test_pytest_silences_terminals_and_notebooks",
    ),
]

RESULTS = [
    _other(
        "hash includes the seed",
        "results/runs",
        "return config_hash(self.experiment, self.config)",
        'return config_hash(self.experiment, self.config | {"seed": self.seed})',
        "test_results.py::test_the_hash_leaves_the_seed_out",
    ),
    _other(
        "hash depends on the order of the fields",
        "results/runs",
        "sort_keys=True",
        "sort_keys=False",
        "test_results.py::test_the_hash_is_of_the_experiment_and_all_of_its_config",
    ),
    _other(
        "deviation of a population",
        "results/records",
        "from statistics import fmean, stdev",
        "from statistics import fmean, pstdev as stdev",
        "test_results.py::test_a_summary_is_mean_sample_deviation_and_n",
    ),
    _other(
        "two configurations in one record",
        "results/records",
        "len({run.identity for run in runs}) > 1",
        "len({run.identity for run in runs}) > 2",
        "test_results.py::test_a_record_refuses_a_mixture",
    ),
    _other(
        "uncommitted code recorded unasked",
        "results/records",
        "if unclean and not allow_dirty:",
        "if unclean and allow_dirty:",
        "test_results.py::test_a_record_of_uncommitted_code_is_refused",
    ),
    _other(
        "finished runs computed again",
        "experiments/cached",
        "if found is not None:",
        "if found is not None and seed < 0:",
        "test_experiments_nice.py::test_a_cached_run_is_found_and_an_interrupted_one_goes_on",
    ),
    _other(
        "failure of the command line without a status",
        "cli",
        "raise SystemExit(1) from error",
        "raise SystemExit(0) from error",
        "test_cli.py::test_expected_failures_are_one_line_and_status_one",
    ),
]

CLAIMS_AND_DATA = [
    _other(
        "a check that passes if one place does",
        "checks",
        "if not np.all(passed):",
        "if not np.any(passed):",
        "test_claims.py::test_bounds_are_strict_and_cover_every_place",
    ),
    _other(
        "closeness without an absolute value",
        "claims",
        "error = np.abs(left - right)",
        "error = left - right",
        "test_claims.py::test_close_allows_exactly_its_tolerance",
        "test_claims.py::test_close_names_the_worst_place_and_both_sides",
    ),
    _other(
        "infinities pass a check",
        "checks",
        "if not np.isfinite(side).all():",
        "if np.isnan(side).any():",
        "test_claims.py::test_a_non_finite_value_fails_every_check",
        "test_claims.py::test_bad_sides_fail",
    ),
    _other(
        "standard deviation in place of the standard error",
        "claims",
        "error = draws.std(ddof=1) / np.sqrt(draws.size)",
        "error = draws.std(ddof=1)",
        "test_claims.py::test_mean_close_uses_the_standard_error",
    ),
    _other(
        "the wrong end of the interval",
        "claims",
        "end = mean - sign *",
        "end = mean + sign *",
        "test_claims.py::test_mean_above_agrees_with_scipy",
    ),
    _other(
        "an unreproduced claim holds",
        "verdicts",
        "if Evidence.UNREPRODUCED in found:",
        "if found == {Evidence.UNREPRODUCED, Evidence.REFUTES}:",
        "test_claims.py::test_the_verdict_follows_from_the_kinds",
    ),
    _other(
        "test digits are the training digits",
        "datasets/digits",
        'rows = in_test if split == "test" else ~in_test',
        "rows = ~in_test",
        "test_datasets.py::test_digits_keep_every_picture_once_and_the_classes_in_proportion",
    ),
    _other(
        "wrong hash accepted",
        "datasets/lookup",
        "if actual != expected.lower():",
        "if len(actual) != len(expected):",
        "test_datasets.py::test_wrong_hash_by_argument",
    ),
    _other(
        "white is not one",
        "datasets/containers",
        "self.pixels.to(torch.float32) / (self.levels - 1)",
        "self.pixels.to(torch.float32) / self.levels",
        "test_datasets.py::test_unit_divides_by_levels_less_one",
    ),
    _other(
        "pictures lie on their side",
        "datasets/decoding",
        "permute(0, 3, 1, 2)",
        "permute(0, 3, 2, 1)",
        "test_datasets.py::test_colour_channels_come_first_and_grey_is_spread",
        "test_datasets.py::test_pixels_labels_and_source_of_a_local_file",
    ),
]


def _page(name: str, file: str, old: str, new: str, *claims: str) -> Mutation:
    return Mutation(f"page: {name}", f"{file}.py", old, new, claims=claims)


PAGE = [
    _page(
        "normal law without its constant",
        "flows/priors",
        "return -0.5 * z.square() - 0.5 * math.log(2.0 * math.pi)",
        "return -0.5 * z.square()",
        "3.1",
    ),
    _page(
        "samples too near the mode",
        "flows/density",
        "z = temperature * self.prior.sample(",
        "z = 0.7 * temperature * self.prior.sample(",
        "3.1",
    ),
    _page(
        "coupling doubles what it moves",
        "flows/coupling",
        "merge(kept, changed + self.shift(kept))",
        "merge(kept, 2 * changed + self.shift(kept))",
        "3.2",
        "3.3",
        "3.10",
    ),
    _page(
        "inverse evaluates the network twice",
        "flows/coupling",
        "changed - self.shift(kept)), zero_log_det(z)",
        "changed - (self.shift(kept) + self.shift(kept)) / 2), zero_log_det(z)",
        "3.3",
    ),
    _page(
        "sign of the affine log-determinant",
        "flows/coupling",
        "return self.split.merge(kept, moved), log_scale.flatten(1).sum(1)",
        "return self.split.merge(kept, moved), -1 * log_scale.flatten(1).sum(1)",
        "3.4",
    ),
    _page(
        "prefix split merges the wrong way round",
        "flows/splits",
        "return torch.cat(parts, dim=-1)",
        "return torch.cat(parts[::-1], dim=-1)",
        "3.5",
    ),
    _page(
        "prefix split ignores its swap",
        "flows/splits",
        "return (rest, first) if self.swap else (first, rest)",
        "return (first, rest)",
        "3.6",
    ),
    _page(
        "reversal does nothing",
        "flows/permutations",
        "return x.flip(-1), zero_log_det(x)",
        "return x.clone(), zero_log_det(x)",
        "3.7",
    ),
    _page(
        "scale layer averages its log-determinant",
        "flows/bijection",
        "return x * self.log_scale.exp(), self.log_scale.sum()",
        "return x * self.log_scale.exp(), self.log_scale.mean()",
        "3.4",
        "3.8",
    ),
    _page(
        "scale in place of its logarithm",
        "flows/bijection",
        "return x * self.log_scale.exp(), self.log_scale.sum()",
        "return x * self.log_scale.exp(), self.log_scale.exp().sum()",
        "3.9",
    ),
    _page(
        "a record's values ignore the metric's name",
        "results/records",
        "return [s.metrics[metric] for s in self.seeds if metric in s.metrics]",
        "return [next(iter(s.metrics.values())) for s in self.seeds]",
        "3.11",
        "3.13",
        "3.16",
        "3.19",
    ),
    _page(
        "a value above its bound is called too low",
        "claims",
        "check.judge(left > right, -left",
        "check.judge(left < right, -left",
        "3.12",
    ),
    _page(
        "above means below",
        "claims",
        "self._mean_beyond(values, bound, confidence, what, sign=1)",
        "self._mean_beyond(values, bound, confidence, what, sign=-1)",
        "3.14",
    ),
    _page(
        "article's loss keeps the constant",
        "flows/nice",
        "return -log_likelihood - 0.5 * dimensions * math.log(2.0 * math.pi)",
        "return -log_likelihood",
        "3.15",
    ),
    _page(
        "one hidden layer too few",
        "flows/nice",
        "for _ in range(depth):",
        "for _ in range(depth - 1):",
        "3.17",
    ),
    _page(
        "Laplace's law in place of the normal law",
        "flows/priors",
        "return -0.5 * z.square() - 0.5 * math.log(2.0 * math.pi)",
        "return -z.abs() - math.log(2.0)",
        "3.8",
        "3.18",
    ),
]

MUTATIONS = [*FLOWS, *NICE, *TRAINING, *RESULTS, *CLAIMS_AND_DATA, *PAGE]
