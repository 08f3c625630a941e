"""A program for the runtimes' environments: where requests go, and how they are signed, by whichever loader.

The answer, on standard output, is a JSON object of two lists, ``usual`` and ``quick``. Each entry has region, service,
whether FIPS and dual-stack endpoints are asked for, the signature's version, the URL, the signature's scope, and the
partition; or what botocore said when it refused.
"""

import json
import sys
from itertools import product
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader
from botocore.session import Session
from cross_account_s3.loader import QuickLoader

REGIONS = (
    *("eu-central-1", "us-east-1", "us-west-2", "ap-southeast-5", "ca-central-1", "eu-nowhere-9"),
    *("cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1"),
)
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("s3", "put_object", {"Bucket": "acme-bucket", "Key": "a b/ü", "Body": b"x"}),
    ("sts", "assume_role", {"RoleArn": "arn:aws:iam::111111111111:role/mail", "RoleSessionName": "mail"}),
)


class Sent(BaseException):
    """A request would now be sent: URL and scope of its signature."""


def look(request: Any, **_: Any) -> None:
    authorization = request.headers["Authorization"]
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    raise Sent(request.url, text.partition(", SignedHeaders")[0].split("/", 2)[2])


def requests(loader: Any) -> list[Any]:
    found: list[Any] = []
    for region, fips, dual_stack, (service, call, arguments) in product(REGIONS, (False, True), (False, True), CALLS):
        session = Session()
        session.register_component("data_loader", loader)
        session.set_credentials("AKIA", "secret")
        session.set_config_variable("sts_regional_endpoints", "regional")
        config = Config(
            use_fips_endpoint=fips,
            use_dualstack_endpoint=dual_stack,
            s3={"us_east_1_regional_endpoint": "regional"},
        )
        client: Any = session.create_client(service, region_name=region, config=config)
        client.meta.events.register(f"before-send.{service}", look)
        meant = [region, service, fips, dual_stack, client.meta.config.signature_version]
        try:
            getattr(client, call)(**arguments)
        except Sent as sent:
            partition = session.get_partition_for_region(region)
            found.append([*meant, *sent.args, partition])
        except BotoCoreError as refused:  # not every partition has every variant
            found.append([*meant, str(refused)])
    return found


json.dump({"usual": requests(Loader()), "quick": requests(QuickLoader())}, sys.stdout)
