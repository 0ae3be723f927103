"""Mutations of chapter 1: mixing, its theory, its experiment, and the page's checks."""

from mutation import on_page, tested

HAND = "test_mixing.py::test_mixing_by_hand"
ALIKE = "test_mixing.py::test_mixup_mixes_inputs_and_targets_alike"
LAW = "test_mixing.py::test_weights_follow_their_law"
SQUARE = "test_mixing.py::test_the_gap_of_a_square_by_hand"
METHODS = "test_experiments_mixing.py::test_each_method_changes_the_batch_in_its_way"

MIXING = [
    tested(
        "the larger study of photographs averages its pictures",
        "experiments/mixing/config",
        "_CIFAR, rows=10_000, pool=1,",
        "_CIFAR, rows=10_000, pool=2,",
        "test_experiments_mixing.py::test_presets_differ_in_what_their_names_say",
    ),
    tested(
        "targets mixed with the other weight",
        "mixing/transforms",
        "return mix(x, partner, weight), mix(targets, partner, weight)",
        "return mix(x, partner, weight), mix(targets, partner, 1 - weight)",
        ALIKE,
    ),
    tested(
        "one weight a row forgets its row",
        "mixing/transforms",
        "return other.lerp_(x, along)",
        "return other.lerp_(x, along.flip(0))",
        HAND,
    ),
    tested(
        "Beta variables without the power of the uniform",
        "mixing/transforms",
        "logs = gammas.log() + powers.log() / alpha",
        "logs = gammas.log()",
        LAW,
    ),
    tested(
        "smoothing adds the whole amount to every class",
        "mixing/transforms",
        "(1.0 - amount) * targets + amount / targets.shape[-1]",
        "(1.0 - amount) * targets + amount",
        "test_mixing.py::test_smoothing_is_torchs",
    ),
    tested(
        "one epoch too many with pairing",
        "mixing/schedules",
        "(epoch - self.warmup) % (self.on + self.off) < self.on",
        "(epoch - self.warmup) % (self.on + self.off) <= self.on",
        "test_mixing.py::test_the_papers_schedule",
    ),
    tested(
        "every picture is mirrored",
        "mixing/augment",
        "torch.rand(len(x), generator=generator) < 0.5",
        "torch.rand(len(x), generator=generator) < 1.5",
        "test_mixing.py::test_flips_mirror_half_of_the_pictures",
    ),
    tested(
        "crops move along the diagonal only",
        "mixing/augment",
        "rows = down[:, None]",
        "rows = right[:, None]",
        "test_mixing.py::test_crops_are_cut_from_the_padded_picture",
    ),
    tested(
        "penalty without its strength",
        "mixing/objectives",
        "+ self.strength * gap",
        "+ gap",
        "test_mixing.py::test_the_penalty_by_hand",
    ),
    tested(
        "relative gap is absolute",
        "mixing/measures",
        "return LinearityGap(gap, gap / max(spread, tiny))",
        "return LinearityGap(gap, gap)",
        SQUARE,
    ),
    tested(
        "errors of calibration cancel between bins",
        "mixing/measures",
        "return float(excess.abs().sum() / len(labels))",
        "return float(excess.sum().abs() / len(labels))",
        "test_mixing.py::test_calibration_by_hand",
    ),
    tested(
        "quadrature of the mirrored law",
        "mixing/exact",
        "roots_jacobi(nodes, second - 1.0, first - 1.0)",
        "roots_jacobi(nodes, first - 1.0, second - 1.0)",
        "test_mixing_theory.py::test_quadrature_has_the_moments_of_the_law",
    ),
    tested(
        "expansion about the unshrunk inputs",
        "mixing/expansion",
        "shrunk = centre + kept * away",
        "shrunk = centre + away",
        "test_mixing_theory.py::test_the_expansion_of_a_quadratic_loss_is_exact",
    ),
    tested(
        "the root of two squares to one",
        "mixing/surds",
        "2 * self.root * value.root",
        "self.root * value.root",
        "test_mixing_theory.py::test_the_root_of_two_squares_to_two",
    ),
    tested(
        "stages of a run are ignored",
        "training/batches",
        "self.prepare if self.stages is None else self.stages(epoch)",
        "self.prepare",
        "test_training.py::test_stages_prepare_each_epoch_in_its_way",
    ),
    tested(
        "pairing never pauses",
        "experiments/mixing/methods",
        'if config.method == "pairing" and pairing:',
        'if config.method == "pairing":',
        METHODS,
        "test_experiments_mixing.py::test_pairing_follows_its_schedule",
    ),
    tested(
        "the rate falls once only",
        "experiments/mixing/methods",
        "(4 * step >= 3 * steps)",
        "(4 * step >= 5 * steps)",
        "test_experiments_mixing.py::test_rates_fall_as_in_the_papers_program",
    ),
]

PAGE = [
    on_page(
        "a pair is averaged with itself",
        "mixing/laws",
        "swapped = second * len(x) + first  #",
        "swapped = first * len(x) + second  #",
        "1.1",
    ),
    on_page(
        "cross-entropy of doubled logits",
        "mixing/objectives",
        "return -(targets * logits.log_softmax(-1)).sum(-1)",
        "return -(targets * (2 * logits).log_softmax(-1)).sum(-1)",
        "1.2",
        "1.3",
    ),
    on_page(
        "both labels weighted alike",
        "mixing/exact",
        "(e * own + (1.0 - e) * other)",
        "(e * own + e * other)",
        "1.3",
    ),
    on_page(
        "pairing with another weight",
        "mixing/transforms",
        "return mix(x, partner, 0.5), targets",
        "return mix(x, partner, 0.4), targets",
        "1.4",
    ),
    on_page(
        "weights of the residual do not sum to one",
        "mixing/measures",
        "other = 1 - weight",
        "other = weight",
        "1.5",
        "1.6",
    ),
    on_page(
        "least squares under mixup forgets the means",
        "mixing/exact",
        "product = kept * design.T @ y / len(y) + (1.0 - kept) * mean * y.mean()",
        "product = kept * design.T @ y / len(y)",
        "1.5",
    ),
    on_page(
        "the rational part keeps the root",
        "mixing/surds",
        "return Surd(number.rational)",
        "return Surd(number.rational, number.root)",
        "1.7",
    ),
    on_page(
        "floor by the midpoint rule",
        "mixing/exact",
        "nodes, weights = beta_quadrature(1.0, 1.0, 3)",
        "nodes, weights = beta_quadrature(1.0, 1.0, 1)",
        "1.10",
    ),
    on_page(
        "the mixup method does not mix",
        "experiments/mixing/methods",
        "return mixup(x, targets, draw, alpha=config.alpha)",
        "return batch",
        "1.8",
    ),
    on_page(
        "expansion without the partner's share",
        "mixing/expansion",
        "(variance + (1.0 - kept) ** 2) * covariance",
        "variance * covariance",
        "1.8",
    ),
    on_page(
        "chapter 1's records ignore the metric's name",
        "results/records",
        "return [s.metrics[metric] for s in self.seeds if metric in s.metrics]",
        "return [next(iter(s.metrics.values())) for s in self.seeds]",
        "1.9",
        "1.11",
        "1.12",
    ),
]

CHAPTER_1 = [*MIXING, *PAGE]
