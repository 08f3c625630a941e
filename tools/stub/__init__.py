"""S3 and STS on the loopback interface, with a pace and with faults: for tests and for benchmarks."""

from tools.stub.backend import Seen, Settings
from tools.stub.client import Client, Stub, StubProcess
from tools.stub.faults import Fault
from tools.stub.store import StoredObject

__all__ = ["Client", "Fault", "Seen", "Settings", "StoredObject", "Stub", "StubProcess"]
