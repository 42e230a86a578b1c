"""Compares pairs of Arrow IPC streams: compare_arrow.py FILE_A FILE_B [FILE_A FILE_B ...]

Prints a line for each pair that differs in names, types, nullability, rows or values (NaN is equal to
itself), after a full validation of both; nothing where all are the same.
"""
import sys

import pyarrow as pa


def read(name):
    with pa.OSFile(name) as file, pa.ipc.open_stream(file) as stream:
        table = stream.read_all()
    table.validate(full=True)
    return table


def difference(left, right):
    if not left.schema.equals(right.schema):
        return f"schema: {left.schema} / {right.schema}"
    if left.num_rows != right.num_rows:
        return f"rows: {left.num_rows} / {right.num_rows}"
    for name in left.column_names:
        pairs = zip(left[name].to_pylist(), right[name].to_pylist())
        for row, (one, other) in enumerate(pairs):
            if repr(one) != repr(other):
                return f"{name}, row {row}: {one!r} / {other!r}"
    return None


files = iter(sys.argv[1:])
for left, right in zip(files, files):
    try:
        found = difference(read(left), read(right))
    except pa.ArrowException as error:
        found = error
    if found is not None:
        print(f"{left}: {found}")
