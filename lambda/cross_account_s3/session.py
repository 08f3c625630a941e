"""A botocore session whose credentials are those of the role in the bucket's account."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.config import Config as ClientConfig
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.session import Session

from cross_account_s3.config import Config
from cross_account_s3.errors import AssumeError
from cross_account_s3.log import emit

# botocore waits a minute to connect, several times over, which outlives most functions where STS cannot be reached.
_CONNECT_SECONDS, _READ_SECONDS = 2, 3
_ATTEMPTS = 3
# While there are valid credentials, a renewal that fails costs one attempt, and the next is made this much later.
_RENEWAL_ATTEMPTS = 1
_RENEWAL_PAUSE = timedelta(seconds=60)
# Without any, the requests of a batch share a failure, instead of waiting for STS one after the other.
_FAILURE_PAUSE = timedelta(seconds=2)


# For each request that finds no credentials it logs a traceback. What is raised says the same in one line.
logging.getLogger("botocore.credentials").setLevel(logging.ERROR)


class _Loader(Loader):
    """Knows the services that are used here. botocore's lists the hundreds that it has, to look up a name."""

    def list_available_services(self, type_name: str) -> list[str]:
        return ["s3", "sts"]


class _AssumedRole(CredentialProvider):
    METHOD = "assume-role"

    def __init__(self, config: Config, parent: Session) -> None:
        super().__init__()
        self._config = config
        self._parent = parent
        self._sts = self._client(_ATTEMPTS)  # now, while the function starts, when it has the most CPU
        self._credentials: dict[str, str] | None = None
        self._failure: Exception | None = None
        self._retry_at = datetime.min.replace(tzinfo=UTC)

    def load(self) -> DeferredRefreshableCredentials:
        # Deferred: the role is assumed by the first request that is signed, and again before the session ends.
        return DeferredRefreshableCredentials(refresh_using=self._refresh, method=self.METHOD)

    def _refresh(self) -> dict[str, str]:
        """Fresh credentials, or the present ones to their very end while STS gives none.

        botocore asks for fresh ones with every request that is made in their last 15 minutes, one thread at a time,
        and fails the request in the last 10 if there are none.
        """
        now = datetime.now(UTC)
        present = self._credentials if self._credentials and now < _expiry(self._credentials) else None
        if self._failure and now < self._retry_at:
            if present is None:
                # A new one, because an exception that is raised again and again collects all their tracebacks.
                raise AssumeError(self._config.role_arn, self._failure) from self._failure
            return present
        try:
            self._credentials, self._failure = (
                self._assume(self._client(_RENEWAL_ATTEMPTS) if present else self._sts),
                None,
            )
        except AssumeError as error:
            self._failure = error.cause
            self._retry_at = datetime.now(UTC) + _FAILURE_PAUSE
            if present is None:
                raise
            self._retry_at = min(now + _RENEWAL_PAUSE, _expiry(present))
            emit("renewal_failed", level=logging.WARNING, error=error, valid_until=present["expiry_time"])
            return present
        return self._credentials

    def _client(self, attempts: int) -> Any:
        config = ClientConfig(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
        return self._parent.create_client("sts", config=config)

    def _assume(self, sts: Any) -> dict[str, str]:
        config = self._config
        parameters: dict[str, Any] = {
            "RoleArn": config.role_arn,
            "RoleSessionName": config.session_name,
            "DurationSeconds": config.session_seconds,
        }
        if config.external_id is not None:
            parameters["ExternalId"] = config.external_id
        if config.source_identity is not None:
            parameters["SourceIdentity"] = config.source_identity
        try:
            given = sts.assume_role(**parameters)["Credentials"]
        except (ClientError, BotoCoreError) as cause:
            raise AssumeError(config.role_arn, cause) from cause
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }


def _expiry(credentials: dict[str, str]) -> datetime:
    return datetime.fromisoformat(credentials["expiry_time"])


def own() -> Session:
    """A session with the function's own credentials."""
    session = Session()
    session.register_component("data_loader", _Loader())
    # Regional, whatever an older SDK of the runtime would choose: the global endpoint is one region's.
    session.set_config_variable("sts_regional_endpoints", "regional")
    return session


def assume(config: Config, parent: Session) -> Session:
    """A session that acts as ``config.role_arn``, assumed with the credentials of ``parent`` (the function's own).

    Nothing is called yet. A client of this session assumes the role with its first request, shares the credentials
    between threads and refreshes them; where that fails, the request raises AssumeError.
    """
    session = Session()
    session.set_config_variable("region", config.region)
    # The parsed service models are what costs most when a client is made: share them.
    session.register_component("data_loader", parent.get_component("data_loader"))
    session.register_component("credential_provider", CredentialResolver([_AssumedRole(config, parent)]))
    return session
