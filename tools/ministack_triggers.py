"""What MiniStack lacks where a service invokes a function. Imported by ministack_launcher.py, which runs there.

MiniStack 1.5.33 differs from AWS here:

- It does not look at the function's permissions: S3, SNS and EventBridge invoke any function.
- SNS and EventBridge invoke a function once. On AWS they hand the event to Lambda, which tries again and then sends it
  to the function's destination, as MiniStack does for S3.
- It keeps the dead-letter queue of a subscription and of a rule's target, and puts nothing there.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.core.arn import parse_arn
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, s3, sns, sqs

_target: ContextVar[tuple[dict[str, Any], dict[str, Any]]] = ContextVar("target")  # of EventBridge, and its rule

_invoke_target = eventbridge._invoke_target
_deliver_to_function_of_s3 = s3._deliver_event_to_lambda


def invoke_target(target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
    _target.set((target, rule))
    _invoke_target(target, event, rule, view)


def from_eventbridge(function_arn: str, payload: str) -> None:
    target, rule = _target.get()
    if not _invoke(function_arn, json.loads(payload), "events.amazonaws.com", rule["Arn"]):
        _bury(target.get("DeadLetterConfig", {}).get("Arn"), payload, "events.amazonaws.com", rule["Arn"])


def from_sns(function_arn: str, envelope: str, topic_arn: str, subscription_arn: str, *_: Any) -> None:
    record = {"EventVersion": "1.0", "EventSource": "aws:sns", "EventSubscriptionArn": subscription_arn}
    event = {"Records": [{**record, "Sns": json.loads(envelope)}]}
    if not _invoke(function_arn, event, "sns.amazonaws.com", topic_arn):
        _bury(_redrive_queue(topic_arn, subscription_arn), envelope, "sns.amazonaws.com", topic_arn)


def from_s3(function_arn: str, event: dict[str, Any], bucket_region: str) -> None:
    bucket = event["Records"][0]["s3"]["bucket"]["arn"]
    if _permits(function_arn, "s3.amazonaws.com", bucket):
        _deliver_to_function_of_s3(function_arn, event, bucket_region)


def _invoke(function_arn: str, event: Any, service: str, source_arn: str) -> bool:
    """Hand an event to Lambda; False if the function may not be invoked."""
    if not _permits(function_arn, service, source_arn):
        return False
    function, config, _ = lambda_svc._get_func_record_for_ref(function_arn)
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)
    return True


def _permits(function_arn: str, service: str, source_arn: str) -> bool:
    """Whether the function is there, and its resource-based policy lets a service invoke it for a resource."""
    function, config, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if not function or not config:
        return False
    request = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": get_account_id()},
    )
    return not app.AUTH or evaluate_resource_policy(function["policy"], request, service=service).decision == "Allow"


def _redrive_queue(topic_arn: str, subscription_arn: str) -> str | None:
    topic = sns._topic_by_arn_any_scope(topic_arn)
    [attributes] = [one.get("attributes", {}) for one in topic["subscriptions"] if one["arn"] == subscription_arn]
    queue: str | None = json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
    return queue


def _bury(queue_arn: str | None, body: str, service: str, source_arn: str) -> None:
    """Put what could not be delivered into a dead-letter queue. Without one, or where it may not, it is lost."""
    if queue_arn and sqs.queue_policy_allows(queue_arn, service, source_arn, get_account_id()):
        eventbridge._dispatch_to_sqs(parse_arn(queue_arn), body)


def install() -> None:
    eventbridge._invoke_target = invoke_target
    eventbridge._dispatch_to_lambda = from_eventbridge
    sns._deliver_to_lambda = from_sns
    s3._deliver_event_to_lambda = from_s3
