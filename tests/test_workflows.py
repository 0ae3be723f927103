"""The workflows: pinned, with the least permissions, running the project's commands."""

import os
import re
from itertools import chain

import pytest
import yaml

from tools.files import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(*paths):
    """Every job of the workflows, with its name."""
    return [
        (f"{path.stem}/{name}", job)
        for path in paths
        for name, job in read(path)["jobs"].items()
    ]


def steps(path):
    return list(chain.from_iterable(job.get("steps", []) for _, job in jobs(path)))


def actions(job):
    """The actions that a job uses, without their versions."""
    used = (step.get("uses", "").split("@")[0] for step in job.get("steps", []))
    return set(filter(None, used))


def holders(permission):
    """The jobs that may write what is named."""
    return {
        name
        for name, job in jobs(*WORKFLOWS)
        if job.get("permissions", {}).get(permission) == "write"
    }


@each_workflow
def test_actions_are_pinned_by_hash_with_their_tag_beside(path):
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.*)", text)
    for line in used:
        local = re.fullmatch(r"\./\.github/workflows/[\w-]+\.yml", line)
        assert local or re.fullmatch(r"[\w/.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
        assert not local or (ROOT / line).is_file()


def test_one_action_has_one_version():
    texts = [path.read_text(encoding="utf-8") for path in WORKFLOWS]
    used = set(re.findall(r"uses: (.*@.*)", "\n".join(texts)))
    assert len({line.split("@")[0] for line in used}) == len(used)


@each_workflow
def test_a_job_runs_a_command_of_the_project(path):
    for step in steps(path):
        command = step.get("run")
        if command is None:
            continue
        program, *arguments = command.split()
        if program == "make":
            (target,) = arguments
            assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
        else:
            assert not arguments
            assert os.access(ROOT / program, os.X_OK), program


@each_workflow
def test_what_is_not_asked_for_is_not_permitted(path):
    assert read(path)["permissions"] == {"contents": "read"}


def test_each_right_to_write_is_held_by_the_job_that_needs_it():
    assert holders("contents") == {"publish/notebooks", "publish/release"}
    assert holders("pages") == {"publish/deploy"}
    assert holders("id-token") == {"publish/deploy", "publish/package"}
    assert holders("issues") == {"weekly/report"}
    named = {
        right
        for _, job in jobs(*WORKFLOWS)
        for right, level in job.get("permissions", {}).items()
        if level == "write"
    }
    assert named == {"contents", "pages", "id-token", "issues"}


def test_a_job_that_may_write_installs_nothing():
    for name, job in jobs(*WORKFLOWS):
        if "write" in job.get("permissions", {}).values():
            assert "actions/setup-python" not in actions(job), name
            run = [step["run"] for step in job["steps"] if "run" in step]
            assert not [line for line in run if line.startswith("make")], name


def test_only_the_job_that_pushes_keeps_the_credentials():
    for name, job in jobs(*WORKFLOWS):
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                kept = step.get("with", {}).get("persist-credentials", True)
                assert kept == (name == "publish/notebooks"), name


def test_every_job_that_publishes_waits_for_the_checks():
    publish = read(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]
    for name in set(publish) - {"check"}:
        needed = name
        while needed != "check":
            needed = publish[needed]["needs"]


@each_workflow
def test_every_job_has_a_time_limit(path):
    for name, job in jobs(path):
        assert "uses" in job or job["timeout-minutes"] <= 90, name


def test_a_failure_of_any_weekly_job_is_reported():
    weekly = read(ROOT / ".github" / "workflows" / "weekly.yml")["jobs"]
    assert set(weekly["report"]["needs"]) == set(weekly) - {"report"}
    assert weekly["report"]["if"] == "failure()"


def test_the_matrix_has_both_systems_all_pythons_and_both_ends_of_torch():
    ci = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["everything"]
    rows = ci["strategy"]["matrix"]["include"]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lowest = re.search(r'"torch>=(.*?)"', project)[1]
    newest = re.search(r"^torch==(.*)$", pins, re.MULTILINE)[1]
    assert {row["os"].split("-")[0] for row in rows} == {"ubuntu", "macos"}
    assert {row["python"] for row in rows} == {"3.10", "3.11", "3.12", "3.13"}
    assert {row["torch"] for row in rows} == {f"{lowest}.0", newest}
    assert sum(row.get("breaks", False) for row in rows) == 1
