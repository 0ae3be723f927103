"""Chapter 5: a VAE, a Glow and an f-VAE of equal size, trained on the same pictures.

Records: ``fvae-vae``, ``fvae-glow``, ``fvae-f-vae`` (drawn faces of 32 pixels), and
the same with ``64-``, ``celeba-`` or ``cifar10-`` before the model; ``fvae-vae-long``
and ``fvae-f-vae-long`` have the processor time of Glow, ``fvae-f-vae-again`` other
seeds.  Metrics, on test pictures:

* ``bits_per_dim``: exact for Glow; otherwise the bound with ``importance_samples``
  codes a picture, ``bits_per_dim_bound`` is that with one; ``bits_per_dim_error``;
* ``sharpness`` and ``reconstruction_sharpness``: power at high spatial frequencies
  over that of the test pictures, 1 is ideal (below: blurred, above: noisy);
* ``distance``: Frechet distance of the evaluator's features between samples and test
  pictures; ``distance_floor``: that of real pictures, equally many, held out;
* ``residual`` (drawn faces): root mean square over the pixels, in units of the full
  range, between samples and the faces drawn from the factors that the evaluator reads
  in them; ``residual_floor``: that of test pictures;
* ``high_quality_share``: share of samples to which the evaluator gives a class with
  probability 0.9 or more; ``high_quality_share_floor``; of test pictures,
  ``evaluator_accuracy`` and ``evaluator_residual``;
* ``midpoint_residual``: that of decoded midpoints of the codes of two test pictures;
  ``midpoint_residual_circle``: of the middle of the great circle between the codes;
  ``midpoint_residual_pixels``: that of the mean of the two pictures;
  ``midpoint_length``: of the line's middle, over the mean of its ends';
* ``factors_read`` and ``style_read``: share of variance of the nine factors (mean),
  and of hair styles, that a linear probe of codes gets right; ``..._pixels``: one of
  the pixels;
* ``reconstruction_rms``: full range is 1; ``sigma_1``, ``sigma_2`` in [-1, 1] units;
* ``parameters``, ``step_milliseconds`` (processor time of a loss and its gradient,
  one batch), ``seconds_per_epoch`` and ``training_seconds`` (by the clock, on a
  machine that did other work too), ``saved_megabytes``
  (activations that a step of training keeps), ``sampling_milliseconds`` a picture.

Arrays: ``temperatures``; by temperature ``distance_at``, ``residual_at``,
``high_quality_share_at``, ``sharpness_at``; ``spectrum_frequencies`` (cycles a pixel),
``spectrum_real``, ``spectrum_samples``, ``spectrum_reconstructions``; uint8 pictures
``(..., 3, S, S)``: ``samples``, ``samples_by_temperature`` (temperatures, codes; the
same codes in each row), and of drawn faces ``line_interpolations`` (rows, steps),
``square_interpolations`` (5, 5), ``reconstructions`` (2, n: first real).
"""

from pathlib import Path

from rederived.chapters.fvae.study.config import FULL, QUICK, FVaeConfig
from rederived.chapters.fvae.study.run import measure
from rederived.records import Study

__all__ = [
    "STUDY",
    "FVaeConfig",
]

STUDY = Study(
    "fvae",
    chapter=5,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
