"""The built pages as one PDF or EPUB: ``python -m tools.edition pdf``.

Both need Chromium, which typesets; neither needs the network.
"""
