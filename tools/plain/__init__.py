"""The plain edition: the chapters as notebooks that need no MyST.

``blocks`` cuts a page into pieces, ``labels`` knows the numbers and places of the whole
book, ``citations`` the literature; ``prose`` and ``markdown`` write plain Markdown, and
``notebook`` puts a chapter together.
"""
