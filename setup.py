"""Which packages are installed: all below ``lib``, and the recorded runs.

Records travel inside the wheel, so that a hosted notebook can show them.
"""

from setuptools import find_packages, setup

setup(
    package_dir={"": "lib", "rederived.recorded": "results"},
    packages=[*find_packages("lib"), "rederived.recorded"],
)
