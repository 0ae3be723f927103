"""``python -m rederived``, and so ``torchrun -m rederived`` and the like."""

from rederived.cli import main

main()
