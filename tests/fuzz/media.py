"""What schemathesis has to be told of the bodies that our doors take."""

import schemathesis

for _taken in (
    "application/zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/x-ndjson",
    "text/csv",
):
    schemathesis.serializer.alias(_taken, "application/octet-stream")
