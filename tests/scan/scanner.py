"""Run checkov over folders of HCL and over plans. Runs in the environment `scan`.

Reads {"folders": {name: path}, "plans": {name: path}, "source": path} as JSON, and writes {name: [finding]}, a finding
being {"check", "resource", "result", "reason"}. A plan has no comments: whether a failed check is skipped there is read
from the HCL below "source".
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checkov.common.output.report import Report
from checkov.common.runners.runner_registry import RunnerRegistry
from checkov.runner_filter import RunnerFilter
from checkov.terraform.plan_runner import Runner as PlanRunner
from checkov.terraform.runner import Runner as FolderRunner


def scan_folder(path: str) -> Report:
    runner_filter = RunnerFilter(framework=["terraform"], download_external_modules=False)
    return FolderRunner().run(root_folder=path, runner_filter=runner_filter)


def scan_plan(path: str, source: str) -> Report:
    report = PlanRunner().run(files=[path], runner_filter=RunnerFilter(framework=["terraform_plan"]))
    comments = RunnerRegistry.get_enriched_resources([source], download_external_modules=False)
    return Report("terraform_plan").handle_skipped_checks(report, comments)


def findings(report: Report) -> Iterator[dict[str, Any]]:
    results = {"passed": report.passed_checks, "failed": report.failed_checks, "skipped": report.skipped_checks}
    for result, records in results.items():
        for record in records:
            reason = record.check_result.get("suppress_comment")
            yield {"check": record.check_id, "resource": record.resource, "result": result, "reason": reason}


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    importlib.import_module("own_checks")  # registers them with checkov
    wanted = json.load(sys.stdin)
    reports = {name: scan_folder(path) for name, path in wanted["folders"].items()}
    reports |= {name: scan_plan(path, wanted["source"]) for name, path in wanted["plans"].items()}
    json.dump({name: list(findings(report)) for name, report in reports.items()}, sys.stdout)


if __name__ == "__main__":
    main()
