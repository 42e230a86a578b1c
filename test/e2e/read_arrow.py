"""Prints the schema and the rows of an Arrow stream file as JSON, as pyarrow reads them.

Usage: read_arrow.py FILE COLUMNS, COLUMNS being a JSON array of {name, dataType, fsp}.
Rows are in the canonical text of test/e2e/compare/table-rows.ts.
"""

import json
import sys

import pyarrow as pa


def fraction(micros, fsp):
    return "" if fsp == 0 else "." + f"{micros:06d}"[:fsp]


def instant(ticks, per_second, fsp):
    import datetime

    seconds, within = divmod(ticks, per_second)
    clock = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    return clock.strftime("%Y-%m-%d %H:%M:%S") + fraction(within * 1_000_000 // per_second, fsp)


def span(micros, fsp):
    seconds, rest = divmod(abs(micros), 1_000_000)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return ("-" if micros < 0 else "") + clock + fraction(rest, fsp)


PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}


def render(array, column):
    kind, fsp = array.type, column["fsp"]
    if pa.types.is_timestamp(kind):
        ticks = array.cast(pa.int64()).to_pylist()
        return [None if v is None else instant(v, PER_SECOND[kind.unit], fsp) for v in ticks]
    values = array.to_pylist()
    if column["dataType"] == "time":
        return [None if v is None else span(v, fsp) for v in values]
    if pa.types.is_binary(kind):
        return [None if v is None else v.hex().upper() for v in values]
    if pa.types.is_floating(kind):
        # The reader of this output turns the digits into its own form of a float.
        return [None if v is None else repr(v) for v in values]
    return [None if v is None else str(v) for v in values]


with pa.OSFile(sys.argv[1]) as file:
    table = pa.ipc.open_stream(file).read_all()
columns = json.loads(sys.argv[2])
rendered = [render(table.column(column["name"]), column) for column in columns]
json.dump(
    {
        "types": {field.name: str(field.type) for field in table.schema},
        "nullable": {field.name: field.nullable for field in table.schema},
        "rows": list(zip(*rendered)),
    },
    sys.stdout,
)
