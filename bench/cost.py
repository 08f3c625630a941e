"""What a million objects cost: the time and the requests that were measured, at AWS's list prices."""

from __future__ import annotations

from dataclasses import dataclass

MEMORIES = (128, 256, 512, 1024, 1769, 3008)
_MILLION = 1_000_000
# AWS Lambda Developer Guide, "Configure Lambda function memory": CPU grows with memory, and this much is one vCPU.
_ONE_VCPU_MB = 1769
_FILLED = 0.8


@dataclass(frozen=True)
class Price:
    """US dollars for one of something."""

    what: str
    dollars: float
    source: str


# us-east-1, first tier, without the free tier, as listed in 2025. Nothing here asks AWS for them: look before you rely
# on the sums.
REGION, LISTED = "us-east-1", "2025"
_LAMBDA, _S3 = "aws.amazon.com/lambda/pricing", "aws.amazon.com/s3/pricing"
INVOCATION = Price("an invocation", 0.20 / _MILLION, _LAMBDA)
GB_SECOND = Price("a GB-second (arm64, the module's default)", 0.0000133334, _LAMBDA)
PUT = Price("a PUT, or a part of a multipart upload", 0.005 / 1000, _S3)
GET = Price("a GET", 0.0004 / 1000, _S3)
PRICES = (INVOCATION, GB_SECOND, PUT, GET)


@dataclass(frozen=True)
class Work:
    """What one object took: ``seconds`` with a whole core, of which ``cpu_seconds`` were computing."""

    seconds: float
    cpu_seconds: float
    peak_bytes: float
    gets: float
    puts: float


def per_million(work: Work, memory: float) -> float | None:
    """US dollars for a million objects, one for each warm invocation, in a function of so many MB.

    None where less than a fifth of the memory would be free. Assumed: with a part of a core, computing takes as many
    times longer, and waiting does not; with more than one core, nothing is faster.
    """
    if work.peak_bytes > _FILLED * memory * 1024 * 1024:
        return None
    share = min(1, memory / _ONE_VCPU_MB)
    seconds = work.seconds + work.cpu_seconds * (1 / share - 1)
    one = (
        INVOCATION.dollars
        + seconds * memory / 1024 * GB_SECOND.dollars
        + work.gets * GET.dollars
        + work.puts * PUT.dollars
    )
    return _MILLION * one


def requests_per_million(work: Work) -> float:
    """The part of it that S3 charges."""
    return _MILLION * (work.gets * GET.dollars + work.puts * PUT.dollars)
