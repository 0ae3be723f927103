"""Benchmarks: the library against its peers, in one process."""
