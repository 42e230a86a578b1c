"""Prints the types and values of the columns of an Arrow stream and a Parquet file, of the same
rows, as pyarrow, polars and DuckDB read them: JSON {reader: {column: [type, [value, ...]]}}.

Usage: read_times.py ARROW PARQUET. Times of day and dates come as microseconds, NULL as null.
"""

import json
import sys

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq


def by_pyarrow(table):
    def micros(column):
        if not pa.types.is_timestamp(column.type):
            return column.to_pylist()
        return column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64()).to_pylist()

    return {
        name: [str(table.schema.field(name).type), micros(table.column(name))]
        for name in table.column_names
    }


def by_polars(frame):
    def micros(column):
        return column.dt.timestamp("us") if column.dtype == pl.Datetime else column

    return {each.name: [str(each.dtype), micros(each).to_list()] for each in frame}


def by_duckdb(relation):
    result = {}
    for name, kind in zip(relation.columns, relation.types):
        value = f'"{name}"'
        if "TIMESTAMP" in str(kind):
            # Of seconds and milliseconds, epoch_us alone makes nanoseconds, which end in 2262.
            value = f"epoch_us({value})" if "ZONE" in str(kind) else f"epoch_us({value}::TIMESTAMP)"
        rows = relation.project(value).fetchall()
        result[name] = [str(kind), [row[0] for row in rows]]
    return result


arrow_file, parquet_file = sys.argv[1:]
with pa.OSFile(arrow_file) as file:
    given = pa.ipc.open_stream(file).read_all()
given.validate(full=True)
json.dump(
    {
        "pyarrow": by_pyarrow(given),
        "polars": by_polars(pl.read_ipc_stream(arrow_file)),
        "duckdb": by_duckdb(duckdb.from_arrow(given)),
        "pyarrow parquet": by_pyarrow(pq.read_table(parquet_file)),
        "polars parquet": by_polars(pl.read_parquet(parquet_file)),
        "duckdb parquet": by_duckdb(duckdb.read_parquet(parquet_file)),
    },
    sys.stdout,
)
