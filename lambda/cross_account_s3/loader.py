"""What botocore reads from its data files, without what takes long to read and is not used here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.loaders import Loader


class QuickLoader(Loader):
    """A loader for clients of S3 and STS."""

    def list_available_services(self, type_name: str) -> list[str]:
        """The services that are used here. botocore's lists the hundreds that it has, to look up a name."""
        return ["s3", "sts"]

    def load_data_with_path(self, name: str) -> tuple[dict[str, Any], str]:
        """The contents of a data file, and its path.

        Endpoints and signatures follow from the rules of a service, which are a file of their own. From endpoints.json
        botocore takes no more than the partition of a region, and reading its 1.2 MB takes as long as making a client.
        The partitions stand in a small file, too.
        """
        if name != "endpoints":
            return super().load_data_with_path(name)
        data, path = super().load_data_with_path("partitions")
        return {"version": 3, "partitions": [_partition(partition) for partition in data["partitions"]]}, path


def _partition(partition: Mapping[str, Any]) -> dict[str, Any]:
    """A partition of partitions.json in the form of endpoints.json."""
    outputs = partition["outputs"]
    return {
        "partition": partition["id"],
        "partitionName": partition["id"],
        "dnsSuffix": outputs["dnsSuffix"],
        "regionRegex": partition["regionRegex"],
        "regions": partition["regions"],
        "defaults": {
            "hostname": "{service}.{region}.{dnsSuffix}",
            "protocols": ["https"],
            "signatureVersions": ["v4"],
            "variants": list(_variants(outputs)),
        },
        "services": {},
    }


def _variants(outputs: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    fips, dual = outputs["supportsFIPS"], outputs["supportsDualStack"]
    for tags, there in ((["fips"], fips), (["dualstack"], dual), (["dualstack", "fips"], fips and dual)):
        if there:
            suffix = outputs["dualStackDnsSuffix" if "dualstack" in tags else "dnsSuffix"]
            service = "{service}-fips" if "fips" in tags else "{service}"
            yield {"tags": tags, "hostname": f"{service}.{{region}}.{{dnsSuffix}}", "dnsSuffix": suffix}
