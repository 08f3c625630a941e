"""Reads policies as JSON on stdin, by name, and writes parliament's findings as JSON on stdout.

Started in the environment `access`: no other has parliament.
"""

import json
import sys

from parliament import analyze_policy_string  # type: ignore[import-not-found]

findings = {
    # A finding is repeated for each action that it concerns, and a detail that is no sentence is a list of those.
    f"{name}: {finding.detail if isinstance(finding.detail, str) else finding.issue}"
    for name, policy in json.load(sys.stdin).items()
    for finding in analyze_policy_string(json.dumps(policy)).findings
}
json.dump(sorted(findings), sys.stdout)
