"""Reads all of a Flight server's one stream some times, and prints what each took. Usage: flight_reader.py URL RUNS"""

import json
import os
import sys
import time

import pyarrow.flight

client = pyarrow.flight.connect(sys.argv[1])
for _ in range(int(sys.argv[2])):
    start, cpu = time.perf_counter(), sum(os.times()[:2])
    rows = size = 0
    for chunk in client.do_get(pyarrow.flight.Ticket(b"")):
        rows += chunk.data.num_rows
        size += chunk.data.nbytes
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "cpuSeconds": sum(os.times()[:2]) - cpu, "rows": rows, "bytes": size}))
