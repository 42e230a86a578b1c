"""Reads and writes a served copy by clickhouse-connect; prints one JSON object."""

import datetime
import decimal
import json
import sys

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

port, token = int(sys.argv[1]), sys.argv[2]


def connect(**options):
    return clickhouse_connect.get_client(host="127.0.0.1", port=port, password=token, **options)


def failure(call):
    try:
        call()
    except (DatabaseError, StreamFailureError) as error:
        return str(error).split("Code: ")[-1].split(".")[0]
    return "no error"


client = connect(database="db")
found = {
    "tables": client.command("SHOW TABLES LIKE 't'"),
    "rows": client.query("SELECT * FROM t ORDER BY k").result_rows,
    "parameters": client.query(
        "SELECT {s:String}, {d:Decimal(10, 2)}, {a:Array(Int64)}",
        parameters={"s": "it's\t\\", "d": decimal.Decimal("1.50"), "a": [1, 2]},
    ).result_rows,
    "unknown": failure(lambda: client.query("SELECT nosuch")),
    "wrong": failure(lambda: connect().close() or clickhouse_connect.get_client(
        host="127.0.0.1", port=port, password="wrong")),
    "late": failure(lambda: connect(compress=False).query(
        "SELECT number, throwIf(number = 900000) FROM numbers(1000000)",
        settings={"max_block_size": 1000}).result_rows),
}
client.command("CREATE TABLE py (k Int64, v String, at DateTime) ENGINE = MutableMergeTree ORDER BY k")
moment = datetime.datetime(2026, 1, 2, 3, 4, 5)
names = ["k", "v", "at"]
client.insert("py", [[1, "a'\t`", moment], [2, "b", moment]], column_names=names)
client.insert("py", [[2, "B", moment]], column_names=names)
client.command("CREATE TABLE many (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k")
many = [[k, "x" * (k % 100) + str(k * 7919 % 1000)] for k in range(200_000)]
client.insert("many", many, column_names=["k", "v"])
found["many"] = client.query("SELECT k, v FROM many ORDER BY k").result_rows == [tuple(row) for row in many]
found["written"] = client.query("SELECT k, v, at FROM py ORDER BY k").result_rows
count = 0
with client.query_row_block_stream("SELECT number FROM numbers(1000000)") as stream:
    for block in stream:
        count += len(block)
found["streamed"] = count
print(json.dumps(found, default=str))
