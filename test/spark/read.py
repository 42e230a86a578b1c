"""Reads a table of theflash serve with PySpark: options and SQL, as docs/spark.md shows them."""

import json
import sys

from pyspark.sql import SparkSession

endpoint, jar = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", jar)
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.memory", "1g")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.catalog.flash", "com.theflash.spark.FlashCatalog")
    .config("spark.sql.catalog.flash.endpoints", endpoint)
    .getOrCreate()
)
orders = spark.read.format("theflash").option("endpoints", endpoint).load("shop.orders")
by_status = spark.sql(
    "SELECT status, count(*), sum(total) FROM flash.shop.orders GROUP BY status ORDER BY status"
)
print(
    json.dumps(
        {
            "version": spark.version,
            "columns": orders.columns,
            "rows": orders.count(),
            "by_status": [[row[0], row[1], str(row[2])] for row in by_status.collect()],
            "python": orders.rdd.map(lambda row: row.id).max(),
        }
    )
)
spark.stop()
