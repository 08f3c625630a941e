"""Two AWS accounts on this machine: MiniStack over HTTPS, enforcing IAM, on a loopback port.

Everything that depends on MiniStack stands here and in ministack_launcher.py.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import botocore.session
from botocore.config import Config

from tools.environments import MissingError, interpreter
from tools.process import Process

LAMBDA_ACCOUNT = "111111111111"
S3_ACCOUNT = "222222222222"
PROFILES: Mapping[str, str] = {"lambda": LAMBDA_ACCOUNT, "s3": S3_ACCOUNT}
REGION = "eu-central-1"
LAUNCHER = Path(__file__).with_name("ministack_launcher.py")

_START_SECONDS = 30
_STOP_SECONDS = 5
# One chain and key for 127.0.0.1, made where trustme is.
_CERTIFICATE = """
import trustme
ca = trustme.CA()
ca.cert_pem.write_to_path("ca.pem")
server = ca.issue_cert("127.0.0.1")
server.private_key_pem.write_to_path("server.key")
for pem in server.cert_chain_pems:
    pem.write_to_path("server.pem", append=True)
"""


class Emulator:
    """MiniStack, with a folder and processes of its own; they are gone when the `with` block ends.

    The processes also end with this one, when it is killed.

    Args:
        enforce_iam: evaluate policies. Without, every call is allowed.
        launcher: the script to start, in the environment `emulator`.
        profiles: the accounts by the names of their profiles. All accounts exist; these can be named.
    """

    def __init__(
        self, *, enforce_iam: bool = True, launcher: Path = LAUNCHER, profiles: Mapping[str, str] = PROFILES
    ) -> None:
        self._enforce_iam = enforce_iam
        self._launcher = launcher
        self._profiles = profiles
        self._process: Process | None = None

    def __enter__(self) -> Emulator:
        python = interpreter("emulator")
        if python is None:
            raise MissingError("MiniStack needs Python 3.11 or newer.")
        self.folder = Path(tempfile.mkdtemp(prefix="two-accounts-"))
        try:
            self._start(python)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs to reach these accounts and no others: their profiles, the endpoint, the CA.

        It holds every variable the process gets; nothing is inherited but PATH.
        """
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CA_BUNDLE": str(self.folder / "ca.pem"),
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, credentials: str | Mapping[str, str], **options: Any) -> Any:
        """A client of a service, as an account's root (its 12 digits) or with credentials in the words of STS."""
        if isinstance(credentials, str):
            credentials = {"AccessKeyId": credentials, "SecretAccessKey": "test"}
        # Files and profile of the person who runs this stay out of it: no variable is named, so none is read.
        session = botocore.session.Session(
            session_vars={
                "ca_bundle": (None, None, str(self.folder / "ca.pem"), None),
                "config_file": (None, None, str(self.folder / "config"), None),
                "credentials_file": (None, None, str(self.folder / "credentials"), None),
                "profile": (None, None, None, None),
            }
        )
        return session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}, proxies={}, **options),
        )

    @property
    def pid(self) -> int | None:
        """The process id of MiniStack's supervisor, which has the same environment."""
        return self._process.pid if self._process else None

    def _start(self, python: Path) -> None:
        (self.folder / "tmp").mkdir()
        _write_profiles(self.folder, self._profiles)
        subprocess.run([python, "-c", _CERTIFICATE], cwd=self.folder, check=True)
        for _ in range(5):
            with socket.socket() as probe:  # a port that was free a moment ago; another process may still take it
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            self.endpoint = f"https://127.0.0.1:{port}"
            if self._launch(python, port):
                return
        raise RuntimeError(f"MiniStack did not start:\n{self.log[-2000:]}")

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _launch(self, python: Path, port: int) -> bool:
        settings = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": str(self._enforce_iam).lower(),
            "IOT_MTLS_ENABLED": "0",  # it would listen on every address
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self.folder / "server.pem"),
            "MINISTACK_SSL_KEY": str(self.folder / "server.key"),
            # Handed on to the functions, for their calls back.
            "AWS_CA_BUNDLE": str(self.folder / "ca.pem"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with (self.folder / "log").open("wb") as log:
            self._process = Process(
                [python, self._launcher],
                cwd=self.folder,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers():
                return True
            time.sleep(0.05)
        self._end_process()
        return False

    def _answers(self) -> bool:
        sts = self.client("sts", LAMBDA_ACCOUNT)
        try:
            answer = sts.get_caller_identity()
        except Exception:
            return False
        return bool(answer["Account"] == LAMBDA_ACCOUNT)

    def _stop(self) -> None:
        self._end_process()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.end(signal.SIGTERM, _STOP_SECONDS)
            self._process = None


def _write_profiles(folder: Path, profiles: Mapping[str, str]) -> None:
    (folder / "config").write_text("".join(f"[profile {name}]\nregion = {REGION}\n" for name in profiles))
    (folder / "credentials").write_text(
        "".join(
            f"[{name}]\naws_access_key_id = {account}\naws_secret_access_key = test\n"
            for name, account in profiles.items()
        )
    )
