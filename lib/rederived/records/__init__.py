"""Results: runs found again by their hash, and records with their provenance."""

from rederived.records.joining import joined, joined_logs, recorded
from rederived.records.provenance import Provenance, provenance
from rederived.records.records import (
    Published,
    Record,
    SeedResult,
    Summary,
    gather,
    load_record,
    record_names,
    records_root,
    save_record,
)
from rederived.records.runs import (
    Arrays,
    Config,
    Run,
    RunError,
    config_hash,
    find_run,
    finished_runs,
    load_run,
    run_directory,
    run_log,
    runs_root,
    save_run,
)
from rederived.records.tables import show_comparison, show_table

__all__ = [
    "Arrays",
    "Config",
    "Provenance",
    "Published",
    "Record",
    "Run",
    "RunError",
    "SeedResult",
    "Summary",
    "config_hash",
    "find_run",
    "finished_runs",
    "gather",
    "joined",
    "joined_logs",
    "load_record",
    "load_run",
    "provenance",
    "record_names",
    "recorded",
    "records_root",
    "run_directory",
    "run_log",
    "runs_root",
    "save_record",
    "save_run",
    "show_comparison",
    "show_table",
]
