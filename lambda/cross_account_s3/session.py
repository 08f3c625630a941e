"""A botocore session whose credentials are those of the role in the bucket's account."""

from __future__ import annotations

import copy
import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore import handlers
from botocore.config import Config as ClientConfig
from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.session import Session

from cross_account_s3 import deadline
from cross_account_s3.config import Config
from cross_account_s3.connection import stop_at_deadline
from cross_account_s3.errors import AssumeError, WriterError
from cross_account_s3.loader import QuickLoader
from cross_account_s3.log import emit

if TYPE_CHECKING:
    from types_boto3_sts import STSClient

# botocore waits a minute to connect, several times over, which outlives most functions where STS cannot be reached.
_CONNECT_SECONDS, _READ_SECONDS = 2, 3
_ATTEMPTS = 3
# Credentials are renewed this long before they end: one attempt a minute, because the present ones are valid.
_RENEW_BEFORE = timedelta(minutes=15)
_RENEWAL_ATTEMPTS = 1
_RENEWAL_SECONDS = 60
# Without valid ones, the requests of a batch share a failure, instead of waiting for STS one after the other.
_FAILURE_SECONDS = 2
# What S3 says of credentials that have ended. The answer to a HEAD has no body, and no code but its status.
_ENDED = ("ExpiredToken", "InvalidToken", "TokenRefreshRequired", "400")
_SIGNED, _RETRIED = "cross_account_s3.signed", "cross_account_s3.retried"  # in the context of botocore's request

# At DEBUG botocore logs credentials as STS gives them, and what is written with an object.
logging.getLogger("botocore").setLevel(logging.WARNING)
# It warns of each Expires that is no date, with its value. That one is carried over as it is.
logging.getLogger("botocore.handlers").setLevel(logging.ERROR)


class _Session(NamedTuple):
    """Credentials, and when they end."""

    credentials: ReadOnlyCredentials
    ends: datetime

    def left(self) -> timedelta:
        return self.ends - datetime.now(UTC)


class _AssumedRole(Credentials):
    """The credentials of the role, assumed by the first request that is signed, and again before they end.

    botocore's own class asks STS with every request of the last 15 minutes, fails in the last 10 although the
    credentials are valid, and goes on with a session that was revoked.
    """

    def __init__(self, config: Config, parent: Session) -> None:
        super().__init__("", "", method="assume-role")
        self._config = config
        self._parent = parent
        self._sts = self._client(_ATTEMPTS)  # now, while the function starts, when it has the most CPU
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._failure: Exception | None = None
        self._asked = 0.0  # when STS was asked last, by the wall clock: others stand still while Lambda freezes

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """What to sign a request with: the present credentials to their very end, while STS gives no others.

        Raises:
            AssumeError: STS gives none, and the present ones have ended.
            DeadlineError: there was no time to ask.
        """
        session = self._session
        if session and session.left() > _RENEW_BEFORE:
            return session.credentials
        valid = session is not None and session.left() > timedelta(0)
        # One request renews them. As long as they are valid, the others do not wait for it.
        wait = 0.0 if valid else min(deadline.current().left(), threading.TIMEOUT_MAX)
        if not self._lock.acquire(timeout=wait):
            if session is None or not valid:
                deadline.current().check()
                raise AssertionError
            return session.credentials
        try:
            return self._valid_session().credentials
        finally:
            self._lock.release()

    def _valid_session(self) -> _Session:
        session, since = self._session, time.time() - self._asked
        if session and session.left() > timedelta(0):
            if session.left() <= _RENEW_BEFORE and since >= _RENEWAL_SECONDS:
                return self._renewed() or session
            return session
        if self._failure and since < _FAILURE_SECONDS:
            # A new one, because an exception that is raised again and again collects all their tracebacks.
            raise AssumeError(self._config.role_arn, self._failure) from self._failure
        return self._assume(self._sts)

    def _renewed(self) -> _Session | None:
        """A new session in place of one that is at hand; None, and a line in the log, where STS gives none."""
        try:
            return self._assume(self._client(_RENEWAL_ATTEMPTS))
        except AssumeError as error:
            valid_until = self._session and self._session.ends
            emit("renewal_failed", level=logging.WARNING, error=error, valid_until=valid_until)
            return None

    def note(self, request: Any, **_: Any) -> None:
        """Remember whom a request is signed by; for botocore's event "before-sign"."""
        request.context[_SIGNED] = self.get_frozen_credentials().access_key

    def retry(self, response: Any, request_dict: Any, **_: Any) -> int | None:
        """Whether to make a request again, with other credentials; for botocore's event "needs-retry".

        A session that was revoked is refused like anything else that is denied (IAM User Guide, "Revoke IAM role
        temporary security credentials"). The role is therefore assumed anew for a refusal, once a minute at most, and a
        request is made again once.
        """
        if response is None or request_dict["context"].get(_RETRIED):
            return None
        status, code = response[0].status_code, response[1].get("Error", {}).get("Code")
        if status != 403 and not (status == 400 and code in _ENDED):
            return None
        with self._lock:
            session = self._session
            if session and session.credentials.access_key == request_dict["context"].get(_SIGNED):
                session = self._renewed() if time.time() - self._asked >= _RENEWAL_SECONDS else None
        request_dict["context"][_RETRIED] = True
        return 0 if session else None

    def _client(self, attempts: int) -> STSClient:
        config = ClientConfig(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
        return cast("STSClient", self._parent.create_client("sts", config=config))

    def _assume(self, sts: STSClient) -> _Session:
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
        if config.session_tags:
            parameters["Tags"] = [{"Key": name, "Value": value} for name, value in config.session_tags.items()]
        self._asked = time.time()
        try:
            given = sts.assume_role(**parameters)["Credentials"]
            credentials = ReadOnlyCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
            self._session = _Session(credentials, given["Expiration"])
        except WriterError:
            raise
        except Exception as cause:  # whatever STS answers: botocore raises a dozen kinds that have no common class
            deadline.current().check()
            self._failure = cause
            raise AssumeError(config.role_arn, cause) from cause
        self._failure = None
        return self._session


class _Provider(CredentialProvider):
    METHOD = "assume-role"

    def __init__(self, role: _AssumedRole) -> None:
        super().__init__()
        self._role = role

    def load(self) -> _AssumedRole:
        return self._role


def _register_handlers(session: Session) -> None:
    """Register what botocore does to requests of S3 and STS. All that it has, for all services, takes far longer."""
    events: Any = session.get_component("event_emitter")
    register = {handlers.REGISTER_FIRST: events.register_first, handlers.REGISTER_LAST: events.register_last}
    for name, handler, *order in handlers.BUILTIN_HANDLERS:
        kind, _, what = name.partition(".")
        if kind != "docs" and what.partition(".")[0] in ("", "*", "s3", "sts"):
            (register[order[0]] if order else events.register)(name, handler)


def own() -> Session:
    """A session with the function's own credentials."""
    session = Session(include_builtin_handlers=False)
    _register_handlers(session)
    session.register_component("data_loader", QuickLoader())
    # Regional, whatever an older SDK of the runtime would choose: the global endpoint is one region's.
    session.set_config_variable("sts_regional_endpoints", "regional")
    stop_at_deadline(session)
    return session


def assume(config: Config, parent: Session) -> Session:
    """A session that acts as ``config.role_arn``, assumed with the credentials of ``parent`` (the function's own).

    Nothing is called yet. A client of this session assumes the role with its first request, shares the credentials
    between threads and renews them; where that fails, the request raises AssumeError.
    """
    # A copy of the parent's handlers, which are then not registered a second time.
    emitter = copy.copy(parent.get_component("event_emitter"))
    session = Session(event_hooks=emitter, include_builtin_handlers=False)
    session.set_config_variable("region", config.region)
    # The parsed service models are what costs most when a client is made: share them.
    session.register_component("data_loader", parent.get_component("data_loader"))
    role = _AssumedRole(config, parent)
    session.register_component("credential_provider", CredentialResolver([_Provider(role)]))
    events: Any = session.get_component("event_emitter")
    events.register("before-sign.s3", role.note)
    events.register("needs-retry.s3", role.retry)
    return session
