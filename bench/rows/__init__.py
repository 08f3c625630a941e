"""A question in each module; ``ROWS`` has them in the order in which they are answered."""

from bench.measure import Row
from bench.rows import batch, cold, copy, credentials, memory, plan, requests, scale, warm

ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        cold.ROW,
        warm.ROW,
        credentials.ROW,
        requests.ROW,
        copy.ROW,
        memory.ROW,
        batch.ROW,
        plan.ROW,
        scale.OBJECTS,
        scale.BATCH_SIZES,
        scale.CONCURRENCY,
    )
}
