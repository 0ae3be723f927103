"""The public address: from a publishing workflow, from git, or none."""

import subprocess

import pytest

from tools import build
from tools.address import Address, address, public_url, site_url

WORKFLOW = {
    "GITHUB_SERVER_URL": "https://forge.example",
    "GITHUB_REPOSITORY": "reader/book",
    "GITHUB_SHA": "abc123",
}


def git(folder, *arguments):
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    command = ["git", "-C", str(folder), *who, *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path):
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "--message", "first")
    return tmp_path


def test_a_publishing_workflow_names_the_address(tmp_path):
    found = address(WORKFLOW, tmp_path)
    assert found == Address("https://forge.example/reader/book", "abc123")
    assert found.install == "git+https://forge.example/reader/book@abc123"


def test_half_an_environment_is_none(tmp_path):
    assert address({"GITHUB_REPOSITORY": "reader/book"}, tmp_path / "absent") is None


@pytest.mark.parametrize(
    "remote",
    [
        "https://forge.example/reader/book",
        "https://forge.example/reader/book.git",
        "https://forge.example/reader/book/",
        "https://someone:secret@forge.example/reader/book.git",
        "git@forge.example:reader/book.git",
        "ssh://git@forge.example/reader/book.git",
        "ssh://git@forge.example:22/reader/book",
    ],
)
def test_every_form_of_a_remote_is_one_address(remote):
    assert public_url(remote) == "https://forge.example/reader/book"


@pytest.mark.parametrize("remote", ["", "../book", "/srv/book.git", "file:///srv/book"])
def test_a_folder_is_no_address(remote):
    assert public_url(remote) is None


def test_the_remote_of_a_checkout_is_asked(checkout):
    git(checkout, "remote", "add", "origin", "git@forge.example:reader/book.git")
    found = address({}, checkout)
    assert found is not None
    assert found.url == "https://forge.example/reader/book"
    assert len(found.revision) == 40


def test_a_checkout_from_nowhere_has_no_address(checkout):
    assert address({}, checkout) is None


def test_no_repository_has_no_address(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert address({}, tmp_path) is None


@pytest.mark.parametrize(
    ("repository", "environment", "site"),
    [
        ("https://github.com/Reader/book", {}, "https://reader.github.io/book/"),
        ("https://github.com/reader/reader.github.io", {}, "https://reader.github.io/"),
        ("https://forge.example/reader/book", {}, None),
        (
            "https://github.com/reader/book",
            {"REDERIVED_SITE": "https://book.example/x"},
            "https://book.example/x/",
        ),
    ],
)
def test_the_site_stands_where_the_host_puts_it(repository, environment, site):
    assert site_url(Address(repository, "abc123"), environment) == site


def test_the_site_has_buttons_where_there_is_an_address():
    config = build.configuration(Address("https://a.b/c/d", "abc123"))
    assert config["repository"] == {"url": "https://a.b/c/d", "branch": "notebooks"}
    assert config["html"]["use_issues_button"]
    assert "colab_url" in config["launch_buttons"]


def test_the_site_has_no_buttons_without_an_address():
    config = build.configuration(None)
    assert "repository" not in config
    assert "launch_buttons" not in config
    assert not {key for key in config["html"] if key.startswith("use_")}
