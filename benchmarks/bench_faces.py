"""How many faces a second one core draws: ``python benchmarks/bench_faces.py``.

Prints a line for each size, then the same as JSON.  Both clocks are given: the wall's,
and the processor's time in this process, which other programs disturb less.
"""

import json
import statistics
import time

import torch
from rederived.datasets.faces import draw_faces, sample_factors

FACES = 2_000
REPEATS = 5


def images_per_second(size: int) -> dict[str, float]:
    """Return the median rates at one size, by the wall clock and by processor time."""
    factors = sample_factors(FACES, torch.Generator().manual_seed(0))
    draw_faces(factors[:100], size)
    wall, processor = [], []
    for _ in range(REPEATS):
        start, start_processor = time.perf_counter(), time.process_time()
        draw_faces(factors, size)
        wall.append(FACES / (time.perf_counter() - start))
        processor.append(FACES / (time.process_time() - start_processor))
    return {
        "size": size,
        "images_per_second": round(statistics.median(wall)),
        "images_per_processor_second": round(statistics.median(processor)),
    }


def main() -> None:
    """Measure 32 and 64 pixels on one thread and print the result."""
    torch.set_num_threads(1)
    rows = [images_per_second(size) for size in (32, 64)]
    for row in rows:
        print(
            f"{row['size']} pixels: {row['images_per_second']:,} images/s by the wall "
            f"clock, {row['images_per_processor_second']:,} by processor time"
        )
    report = {
        "benchmark": "faces",
        "threads": 1,
        "torch": torch.__version__,
        "rows": rows,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
