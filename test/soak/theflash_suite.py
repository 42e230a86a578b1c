"""What clickhouse-connect-suite.test.ts adds to a run of clickhouse-connect's own tests.

Writes a line `outcome<TAB>test` into the file THEFLASH_SUITE_REPORT for each test that has ended, and lets the
client leave out settings that the server says may not be set, as it offers to.
"""

import os

from clickhouse_connect import common

common.set_setting("invalid_setting_action", "drop")


def pytest_runtest_logreport(report):
    # With workers each of them has this hook, too: the one that starts them writes.
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    if report.when == "call" or report.outcome != "passed":
        with open(os.environ["THEFLASH_SUITE_REPORT"], "a", encoding="utf-8") as file:
            file.write(f"{report.outcome}\t{report.nodeid}\n")
