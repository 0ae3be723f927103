"""Chapter 2: the VAE, EM, GAN, AAE and ALI as one divergence of joint distributions.

On tables, with every optimum exact: ``tables`` (GAN), ``inference`` (ALI), ``em``.  In
networks: ``losses``; ``ensembles`` and ``convolutions`` train many networks side by
side; ``adversarial``, ``gan`` and ``train`` hold what the studies share, ``images``
their data, ``measures`` and ``evaluator`` what they measure.
"""
