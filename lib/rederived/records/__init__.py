"""Studies, their runs found again by identity, and records with their provenance."""

from rederived.records.joining import joined, joined_logs, recorded
from rederived.records.processes import Process, apart
from rederived.records.provenance import Provenance, provenance
from rederived.records.records import (
    Record,
    SeedResult,
    Summary,
    gather,
    load_record,
    record_names,
    records_root,
    save_record,
    writable_root,
)
from rederived.records.rounding import rounded
from rederived.records.runs import (
    Arrays,
    Config,
    Run,
    RunError,
    find_run,
    finished_runs,
    load_run,
    run_directory,
    run_log,
    runs_root,
    save_run,
)
from rederived.records.sources import Headline, Published, Sources
from rederived.records.study import PROFILES, Measured, Study, Trial, as_dict, from_dict
from rederived.records.tables import show_comparison, show_table

__all__ = [
    "PROFILES",
    "Arrays",
    "Config",
    "Headline",
    "Measured",
    "Process",
    "Provenance",
    "Published",
    "Record",
    "Run",
    "RunError",
    "SeedResult",
    "Sources",
    "Study",
    "Summary",
    "Trial",
    "apart",
    "as_dict",
    "find_run",
    "finished_runs",
    "from_dict",
    "gather",
    "joined",
    "joined_logs",
    "load_record",
    "load_run",
    "provenance",
    "record_names",
    "recorded",
    "records_root",
    "rounded",
    "run_directory",
    "run_log",
    "runs_root",
    "save_record",
    "save_run",
    "show_comparison",
    "show_table",
    "writable_root",
]
