"""The public address of the project, derived where it is published.

No address is written down in the tree.  A publishing workflow names its repository in
the environment; elsewhere ``git`` knows where the checkout came from; a copy that came
from nowhere has none.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tools.files import ROOT

_REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/]+@)?|(?:[^@/:]+@))"  # or a user
    r"(?P<host>[\w.-]+)(?::\d+)?[/:](?P<path>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)

_GITHUB = re.compile(r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)")


@dataclass(frozen=True)
class Address:
    """Where the project stands for the public.

    Attributes:
        url: of the repository, as in ``https://host/owner/name``.
        revision: the commit or branch that a published edition is made of.
    """

    url: str
    revision: str

    @property
    def install(self) -> str:
        """What pip takes to install this revision of the library."""
        return f"git+{self.url}@{self.revision}"

    @property
    def site(self) -> str | None:
        """Where GitHub publishes the project's site; None on another host."""
        found = _GITHUB.fullmatch(self.url)
        if found is None:
            return None
        home = f"{found['owner'].lower()}.github.io"
        folder = "" if found["name"].lower() == home else f"/{found['name']}"
        return f"https://{home}{folder}"


def address(
    environment: Mapping[str, str] = os.environ, root: Path = ROOT
) -> Address | None:
    """Return the public address, or None where there is none.

    Args:
        environment: of a publishing workflow: ``GITHUB_SERVER_URL``,
            ``GITHUB_REPOSITORY``, ``GITHUB_SHA``.
        root: the checkout, whose remote ``origin`` is asked next.
    """
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA")
    if all(environment.get(name) for name in names):
        server, repository, revision = (environment[name] for name in names)
        return Address(f"{server}/{repository}", revision)
    url = public_url(_git(root, "remote", "get-url", "origin"))
    revision = _git(root, "rev-parse", "HEAD")
    return Address(url, revision) if url and revision else None


def public_url(remote: str) -> str | None:
    """Return the https address of a git remote, without credentials and ``.git``.

    None if it is no ``host/owner/name``, such as a folder.
    """
    found = _REMOTE.fullmatch(remote)
    return f"https://{found['host']}/{found['path']}" if found else None


def site_url(place: Address, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return where the site of the project stands, with a slash at its end.

    None where a site cannot be derived from the repository's host.

    Args:
        place: of the project.
        environment: of a publishing workflow; ``REDERIVED_SITE`` knows of a domain of
            the owner's.
    """
    if site := environment.get("REDERIVED_SITE"):
        return f"{site.rstrip('/')}/"
    parts = urlsplit(place.url)
    owner, name = parts.path.strip("/").split("/")
    if parts.hostname != "github.com":
        return None
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def _git(root: Path, *arguments: str) -> str:
    """Return what a git command prints; nothing if it fails or there is no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
