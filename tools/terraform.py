#!/usr/bin/env python3
"""Terraform (or OpenTofu) on a temporary copy of this repository, with the provider from wherever it can be had.

`python -m tools.terraform ARGUMENTS` runs it here, without a look at the machine's own CLI configuration.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tools.environments import ROOT, MissingError
from tools.process import Process

OLDEST = (1, 5, 7)
PROVIDER_VERSION = os.environ.get("AWS_PROVIDER_VERSION", "5.100.0")
_PROVIDER_FOLDER = f"hashicorp/aws/{PROVIDER_VERSION}"
PLUGIN_CACHE = ROOT / ".cache" / "plugins"
# The parts of the repository that a module source is made of.
_MODULE_PARTS = ("*.tf", "modules", "lambda/*.zip", "examples")
_IMPLIED_MIRRORS = ("~/.terraform.d/plugins", "~/.local/share/terraform/plugins", "/usr/local/share/terraform/plugins")
_SYSTEM_FOLDERS = ("/opt", "/srv", "/usr/lib", "/usr/local/lib", "/usr/local/share", "/usr/share", "/var/lib")
_STOP_SECONDS = 30

Event = Mapping[str, Any]


class TerraformError(Exception):
    """Terraform refused or failed; ``diagnostics`` holds what it said, in the words of its JSON output."""

    def __init__(self, command: str, diagnostics: Iterable[Mapping[str, Any]], output: str) -> None:
        self.diagnostics = list(diagnostics)
        sentences = [f"{d['summary']}: {d.get('detail', '')}".strip() for d in self.diagnostics] or [output[-2000:]]
        super().__init__(f"terraform {command} failed:\n" + "\n".join(sentences))


def find_binary() -> Path:
    """The `terraform` or `tofu` on PATH.

    Raises:
        MissingError: there is none, or it is too old.
    """
    found = shutil.which("terraform") or shutil.which("tofu")
    if found is None:
        raise MissingError(
            "Terraform 1.5.7 or newer is needed: get it from https://developer.hashicorp.com/terraform/install, "
            "or OpenTofu from https://opentofu.org/docs/intro/install/."
        )
    answer = subprocess.run([found, "version", "-json"], env=_own_environment(), capture_output=True, check=True)
    version = json.loads(answer.stdout)["terraform_version"]  # OpenTofu says it under this name too
    if tuple(int(part) for part in version.partition("-")[0].split(".")) < OLDEST:
        raise MissingError(f"Terraform 1.5.7 or newer is needed, and {found} is {version}.")
    return Path(found)


def configure(folder: Path) -> Mapping[str, str]:
    """Write a CLI configuration into a folder; the environment that makes Terraform use it, and nothing of the user's.

    Providers come from `TF_PLUGIN_MIRROR` where that is set, else from the Registry, else from an unpacked mirror that
    is found on this machine.

    Raises:
        MissingError: there is no mirror and the Registry cannot be reached.
    """
    if given := os.environ.get("TF_PLUGIN_MIRROR"):
        mirror = _mirror_in(Path(given).expanduser())
        if mirror is None:
            raise MissingError(f"TF_PLUGIN_MIRROR must name a folder with registry.terraform.io/{_PROVIDER_FOLDER}.")
    elif _registry_answers():
        mirror = None
    else:
        mirror = _find_mirror()
        if mirror is None:
            raise MissingError(
                f"The provider hashicorp/aws {PROVIDER_VERSION} is needed: the Terraform Registry cannot be reached "
                f"and no folder here holds registry.terraform.io/{_PROVIDER_FOLDER}; name one in TF_PLUGIN_MIRROR."
            )
    if mirror is None:
        PLUGIN_CACHE.mkdir(parents=True, exist_ok=True)
        text = f'plugin_cache_dir = "{PLUGIN_CACHE}"\n'
    else:
        # OpenTofu looks for the same provider under a host name of its own. Terraform follows links to packages only.
        for host in ("registry.terraform.io", "registry.opentofu.org"):
            packages = folder / "mirror" / host / _PROVIDER_FOLDER
            packages.mkdir(parents=True)
            for package in mirror.iterdir():
                (packages / package.name).symlink_to(package)
        text = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n'
    (folder / "terraform.rc").write_text(text)
    return {
        "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "GOGC": "400",  # the provider is short-lived and large: collect less often
    }


def copy_module(target: Path) -> None:
    """Copy what a user of the module gets, so that nothing is written into the repository."""
    for pattern in _MODULE_PARTS:
        for source in ROOT.glob(pattern):
            copy = target / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
            else:
                shutil.copy(source, copy)


def pin_provider(root: Path) -> None:
    """Pin the provider of a root to the version that the tests are written for."""
    aws = {"source": "hashicorp/aws", "version": PROVIDER_VERSION}
    (root / "pin_override.tf.json").write_text(json.dumps({"terraform": {"required_providers": {"aws": aws}}}))


class Workspace:
    """One root, initialised, in the environment of two accounts.

    Args:
        root: the folder of the root.
        environment: all that Terraform's processes get.
        variables: values of the root's variables.
    """

    def __init__(self, root: Path, environment: Mapping[str, str], variables: Mapping[str, object]) -> None:
        self.root = root
        self._binary = find_binary()
        self.environment = dict(environment)
        self._process: Process | None = None
        self._stopped = False
        (root / "terraform.tfvars.json").write_text(json.dumps(variables))

    def init(self) -> None:
        # Only this meets a network: the machine's proxies and certificates count here and nowhere else.
        self._run("init", "-input=false", "-no-color", extra=_network_environment())

    def apply(self, *options: str, on_event: Callable[[Event], None] = lambda event: None) -> list[Event]:
        """Apply, or apply a plan that was saved; Terraform's reports go to ``on_event``. Returns the warnings."""
        return self._run_json("apply", "-auto-approve", *options, on_event=on_event)

    def destroy(self, on_event: Callable[[Event], None] = lambda event: None) -> list[Event]:
        return self._run_json("destroy", "-auto-approve", on_event=on_event)

    def plan(self, *options: str) -> tuple[Mapping[str, Any], list[Event]]:
        """The plan in Terraform's JSON form, and the warnings."""
        warnings = self._run_json("plan", "-out=plan.bin", *options)
        plan: Mapping[str, Any] = json.loads(self._run("show", "-json", "plan.bin"))
        return plan, warnings

    def outputs(self) -> Mapping[str, Any]:
        return {name: output["value"] for name, output in json.loads(self._run("output", "-json")).items()}

    def state(self) -> Mapping[str, Any]:
        """The state in Terraform's JSON form."""
        state: Mapping[str, Any] = json.loads(self._run("show", "-json"))
        return state

    def resources(self) -> list[str]:
        """The addresses in the state."""
        return [line for line in self._run("state", "list").splitlines() if ".data." not in f".{line}"]

    def stop(self) -> None:
        """End what runs, as Ctrl-C would, so that Terraform leaves a whole state behind; start nothing more."""
        self._stopped = True
        if self._process is not None:
            self._process.end(signal.SIGINT, _STOP_SECONDS)

    def _run(self, *command: str, extra: Mapping[str, str] | None = None) -> str:
        lines: list[str] = []
        self._stream(command, lines.append, extra or {})
        return "".join(lines)

    def _run_json(self, *command: str, on_event: Callable[[Event], None] = lambda event: None) -> list[Event]:
        diagnostics: list[Event] = []

        def take(line: str) -> None:
            event = json.loads(line)
            if event["type"] == "diagnostic":
                diagnostics.append(event["diagnostic"])
            on_event(event)

        name, *options = command
        self._stream((name, "-json", "-input=false", *options), take, {}, diagnostics)
        return diagnostics

    def _stream(
        self,
        command: tuple[str, ...],
        take: Callable[[str], None],
        extra: Mapping[str, str],
        diagnostics: Iterable[Event] = (),
    ) -> None:
        with Process(
            [self._binary, *command],
            cwd=self.root,
            env={**self.environment, **extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            self._process = process
            if self._stopped:
                self.stop()
            assert process.stdout is not None
            said: list[str] = []
            reader = threading.Thread(target=lambda: said.extend(process.stderr or ()))
            reader.start()
            try:
                for line in process.stdout:
                    take(line)
                process.wait()
            except BaseException:
                self.stop()
                raise
            finally:
                reader.join()
        if process.returncode:
            raise TerraformError(command[0], [d for d in diagnostics if d["severity"] == "error"], "".join(said))


def _registry_answers() -> bool:
    try:
        with urllib.request.urlopen("https://registry.terraform.io/.well-known/terraform.json", timeout=3):
            return True
    except OSError:
        return False


def _find_mirror() -> Path | None:
    implied = (Path(folder).expanduser() for folder in _IMPLIED_MIRRORS)
    system = (below for folder in _SYSTEM_FOLDERS for below in (Path(folder), *sorted(Path(folder).glob("*"))))
    return next((mirror for folder in (*implied, *system) if (mirror := _mirror_in(folder))), None)


def _mirror_in(folder: Path) -> Path | None:
    mirror = folder / "registry.terraform.io" / _PROVIDER_FOLDER
    return mirror.resolve() if mirror.is_dir() else None


def _network_environment() -> Mapping[str, str]:
    names = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
    return {name: os.environ[name] for base in names for name in (base, base.lower()) if name in os.environ}


def _own_environment() -> Mapping[str, str]:
    """This process's environment, without a word of the user's to Terraform."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return {**kept, "TF_CLI_CONFIG_FILE": "", "CHECKPOINT_DISABLE": "1"}


def main() -> int:
    try:
        os.execve(find_binary(), ["terraform", *sys.argv[1:]], dict(_own_environment()))
    except MissingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
