"""What schemathesis has to be told of the bodies and sessions that our doors take."""

from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure

for _taken in (
    "application/zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/x-ndjson",
    "text/csv",
):
    schemathesis.serializer.alias(_taken, "application/octet-stream")


@schemathesis.hook
def filter_failure(
    context: HookContext, failure: Failure, case: Case[Any], response: Response
) -> bool:
    """Leaving the session out of a case proves nothing: the town sends its own with each."""
    del context, case
    left_out = "cookie" in failure.message and "xunqin_session" in failure.message
    return not (left_out and "xunqin_session" in response.request.headers.get("Cookie", ""))
