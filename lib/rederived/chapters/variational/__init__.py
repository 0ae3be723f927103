"""Chapter 2: the VAE, EM, GAN, AAE and ALI as one divergence of joint distributions.

On tables, with every optimum exact: ``tables`` (GAN), ``inference`` (ALI), ``em``.  In
networks: ``losses``; ``ensembles`` and ``convolutions`` train many networks side by
side; ``measures`` says what collapse is.  ``studies`` holds what the four studies,
``study_*``, share.
"""
