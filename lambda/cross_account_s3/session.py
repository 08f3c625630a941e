"""A botocore session whose credentials are those of the role in the bucket's account."""

from __future__ import annotations

from botocore.config import Config as ClientConfig
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
    create_assume_role_refresher,
)
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from cross_account_s3.config import Config
from cross_account_s3.errors import AssumeError

# botocore waits a minute to connect, several times over, which outlives most functions where STS cannot be reached.
_STS = ClientConfig(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
)


class _AssumedRole(CredentialProvider):
    METHOD = "assume-role"

    def __init__(self, config: Config, parent: Session) -> None:
        super().__init__()
        self._config = config
        self._parent = parent

    def load(self) -> DeferredRefreshableCredentials:
        # Deferred: the role is assumed by the first request that is signed, and again before the session ends.
        return DeferredRefreshableCredentials(refresh_using=self._refresh, method=self.METHOD)

    def _refresh(self) -> dict[str, str]:
        config = self._config
        parameters = {
            "RoleArn": config.role_arn,
            "RoleSessionName": config.session_name,
            "DurationSeconds": config.session_seconds,
        }
        if config.external_id is not None:
            parameters["ExternalId"] = config.external_id
        if config.source_identity is not None:
            parameters["SourceIdentity"] = config.source_identity
        try:
            sts = self._parent.create_client("sts", config=_STS)
            credentials: dict[str, str] = create_assume_role_refresher(sts, parameters)()
        except (ClientError, BotoCoreError) as cause:
            raise AssumeError(config.role_arn, cause) from cause
        return credentials


def assume(config: Config, parent: Session | None = None) -> Session:
    """A session that acts as ``config.role_arn``, assumed with the credentials of ``parent`` (the function's own).

    Nothing is called yet. A client of this session assumes the role with its first request, shares the credentials
    between threads and refreshes them; where that fails, the request raises AssumeError.
    """
    parent = parent or Session()
    # Regional, whatever an older SDK of the runtime would choose: the global endpoint is one region's.
    parent.set_config_variable("sts_regional_endpoints", "regional")
    session = Session()
    session.set_config_variable("region", config.region)
    # The parsed service models are what costs most when a client is made: share them.
    session.register_component("data_loader", parent.get_component("data_loader"))
    session.register_component("credential_provider", CredentialResolver([_AssumedRole(config, parent)]))
    return session
