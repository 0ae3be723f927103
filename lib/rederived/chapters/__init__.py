"""One folder a chapter; no wing imports another."""
