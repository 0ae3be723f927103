"""Mutations of chapter 5's flows: Glow, its parts, and recomputed activations."""

from mutation import tested

ROUND_TRIP = "test_flows.py::test_round_trip_and_its_log_determinants"
JACOBIAN = "test_flows.py::test_log_determinant_is_that_of_the_jacobian"
BF16 = "test_glow.py::test_networks_in_bf16_do_not_round_the_density"
GRADIENTS = "test_recompute.py::test_gradients_are_those_of_the_plain_composition"

CHAPTER_5_FLOWS = [
    tested(
        "ActNorm's log-determinant with the wrong sign",
        "flows/actnorm",
        "return torch.addcmul(shift, x, scale), self._log_det(x)",
        "return torch.addcmul(shift, x, scale), -self._log_det(x)",
        JACOBIAN,
    ),
    tested(
        "ActNorm counts one place only",
        "flows/actnorm",
        "places = math.prod(x.shape[2:])",
        "places = 1",
        JACOBIAN,
    ),
    tested(
        "ActNorm's inverse scales before it shifts",
        "flows/actnorm",
        "return (z - shift) * scale, -self._log_det(z)",
        "return z * scale - shift, -self._log_det(z)",
        ROUND_TRIP,
    ),
    tested(
        "ActNorm's start does not scale the mean",
        "flows/actnorm",
        "self.shift.copy_(-by_channel.mean(dim=1) / std)",
        "self.shift.copy_(-by_channel.mean(dim=1))",
        "test_glow.py::test_actnorm_normalises_the_data_it_starts_from",
    ),
    tested(
        "ActNorms start from what the untouched flow sends them",
        "flows/actnorm",
        "layer.register_forward_pre_hook(start)",
        "layer.register_forward_hook(lambda m, a, _: start(m, a))",
        "test_glow.py::test_every_actnorm_of_a_glow_starts_from_what_reaches_it",
    ),
    tested(
        "channels shuffled again instead of back",
        "flows/channel_mixing",
        "_gather(z, self.inverse_order, self.order), zero_log_det(z)",
        "_gather(z, self.order, self.inverse_order), zero_log_det(z)",
        ROUND_TRIP,
    ),
    tested(
        "gradient of a shuffle shuffled again",
        "flows/channel_mixing",
        "return _gather(gradient, inverse_order, order), None, None",
        "return _gather(gradient, order, inverse_order), None, None",
        "test_glow.py::test_channels_go_where_the_permutation_says",
    ),
    tested(
        "1x1 convolution counts its places along one side",
        "flows/channel_mixing",
        "return math.prod(x.shape[2:])",
        "return x.shape[-1]",
        "test_glow.py::test_a_convolution_treats_every_place_alike",
    ),
    tested(
        "1x1 convolution inverted by its transpose",
        "flows/channel_mixing",
        "inverse = torch.linalg.inv(self.weight.double()).to(self.weight.dtype)",
        "inverse = self.weight.T",
        ROUND_TRIP,
    ),
    tested(
        "factors inverted in the wrong order",
        "flows/channel_mixing",
        "inverse = torch.linalg.solve_triangular(upper, solved, upper=True)",
        "inverse = solved @ torch.linalg.inv(upper)",
        ROUND_TRIP,
    ),
    tested(
        "1x1 convolution rounds the event to bf16",
        "flows/channel_mixing",
        """    with torch.autocast(x.device.type, enabled=False):
        return functional""",
        """    with torch.autocast(x.device.type, enabled=True):
        return functional""",
        BF16,
    ),
    tested(
        "squeeze exchanges rows and columns of a square",
        "flows/multiscale",
        "return functional.pixel_unshuffle(x, 2), zero_log_det(x)",
        "return functional.pixel_unshuffle(x.mT, 2).mT, zero_log_det(x)",
        "test_glow.py::test_a_squeeze_moves_squares_into_channels",
    ),
    tested(
        "the wrong half goes on",
        "flows/multiscale",
        "kept, leaving = x.chunk(2, dim=1)",
        "leaving, kept = x.chunk(2, dim=1)",
        "test_glow.py::test_the_first_half_goes_on",
    ),
    tested(
        "conditional prior multiplies instead of dividing",
        "flows/multiscale",
        "else Inverse(AffineCoupling(Channels(), conditioner, limit))",
        "else AffineCoupling(Channels(), conditioner, limit)",
        "test_glow.py::test_what_leaves_has_a_conditional_normal_law",
    ),
    tested(
        "log-determinant of the inner map forgotten",
        "flows/multiscale",
        "torch.cat((code, leaving), dim=1), log_det + inner_log_det",
        "torch.cat((code, leaving), dim=1), log_det",
        JACOBIAN,
    ),
    tested(
        "coupling network does not start at zero",
        "flows/glow",
        "    nn.init.zeros_(layer.weight)\n",
        "",
        "test_glow.py::test_a_new_glow_keeps_lengths",
    ),
    tested(
        "gradient of the log-determinant lost in recomputation",
        "flows/recompute",
        "zip(outputs, (gradient, gradient_log_det), strict=True)",
        "zip(outputs, (gradient, 0 * gradient_log_det), strict=True)",
        GRADIENTS,
    ),
    tested(
        "recomputation differentiates at a step's output",
        "flows/recompute",
        "z = _inverted(step, own, z)",
        "_inverted(step, own, z)",
        GRADIENTS,
    ),
    tested(
        "a glow that should recompute keeps everything",
        "flows/glow",
        "(RecomputedComposition if recompute else Composition)(*layers)",
        "Composition(*layers)",
        "test_recompute.py::test_memory_does_not_grow_with_depth",
    ),
]
