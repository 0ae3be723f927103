"""Claims and their checks."""

from rederived.claims.checks import CHECK_MIME, ClaimFailed
from rederived.claims.claims import Claim, claim
from rederived.claims.display import publish
from rederived.claims.verdicts import Evidence, Verdict, verdict

__all__ = [
    "CHECK_MIME",
    "Claim",
    "ClaimFailed",
    "Evidence",
    "Verdict",
    "claim",
    "publish",
    "verdict",
]
