"""Which pixels are blank, counted anew on the embedded digits."""

import numpy as np
import pytest
from rederived import datasets
from rederived.chapters.nice.study_blank_pixels import STUDY


def test_blank_pixels_and_the_ink_of_the_test_pictures() -> None:
    run = STUDY.run("digits", "quick", 0)
    train, test = (
        np.asarray(datasets.load("digits", part).pixels).reshape(-1, 64)
        for part in ("train", "test")
    )
    blank = [pixel for pixel in range(64) if not train[:, pixel].any()]
    assert run.arrays["train"].nonzero()[0].tolist() == blank
    assert run.metrics["train"] == len(blank)
    odd = sum(any(picture[pixel] for pixel in blank) for picture in test)
    assert run.metrics["surprising"] == odd
    expected = ((test / 16.0) ** 2).sum(0) / len(test)
    assert run.arrays["test_power"] == pytest.approx(expected)
