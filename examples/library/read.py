"""Reads a query of a served copy as a pyarrow table, by ClickHouse's HTTP interface.

    theflash serve --engine ./copy --http 127.0.0.1:8123 --token-file token
    python3 read.py http://127.0.0.1:8123/ token "SELECT id, name FROM shop.customers ORDER BY id"
"""

import base64
import sys
import urllib.request

import pyarrow.ipc

url, token_file, sql = sys.argv[1:]
with open(token_file) as file:
    login = base64.b64encode(f"reader:{file.read().strip()}".encode()).decode()
request = urllib.request.Request(
    f"{url}?default_format=ArrowStream",
    data=sql.encode(),
    headers={"Authorization": f"Basic {login}"},
)
with urllib.request.urlopen(request) as answer:
    table = pyarrow.ipc.open_stream(answer).read_all()

for row in table.to_pylist():
    print(row["id"], row["name"])
