"""What SQLAlchemy's dialect for ClickHouse, pandas and Superset ask of a served copy. Prints JSON."""

import json
import sys
import threading
import time
import warnings
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pandas
import sqlalchemy
from sqlalchemy import Column, MetaData, Table, func, inspect, select, text

port, token = sys.argv[1:3]
url = f"clickhousedb://default:{token}@127.0.0.1:{port}/shop"


def show(value, name=""):
    """A value as the test's own SELECT gives it."""
    if value is None or value is pandas.NaT or value is pandas.NA or value != value:
        return None
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        text_of = value.strftime("%Y-%m-%d %H:%M:%S.%f")
        return text_of[:-3] if name == "moment" else text_of
    if isinstance(value, timedelta):
        return str(value // timedelta(milliseconds=1))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    # Bytes that are no UTF-8 come as hex, in a text.
    return str(value).upper() if name == "raw" else str(value)


def reflection(engine):
    inspector = inspect(engine)
    table = Table("types", MetaData(schema="shop"), autoload_with=engine)
    return {
        "schemas": sorted(inspector.get_schema_names()),
        "tables": sorted(inspector.get_table_names(schema="shop")),
        "views": sorted(inspector.get_view_names(schema="shop")),
        "has": [inspector.has_table(name, schema="shop") for name in ("types", "no_such")],
        "columns": [[column["name"], str(column["type"])] for column in inspector.get_columns("types", schema="shop")],
        "indexes": inspector.get_indexes("points", schema="shop"),
        "foreignKeys": inspector.get_foreign_keys("points", schema="shop"),
        "reflected": [column.name for column in table.columns],
    }


def queries(engine):
    metadata = MetaData(schema="shop")
    types = Table("types", metadata, autoload_with=engine)
    points = Table("points", metadata, autoload_with=engine)
    joined = (
        select(types.c.id, func.count().label("n"), func.sum(points.c.amount).label("total"))
        .select_from(points.join(types, points.c.type == types.c.id))
        .where(points.c.kind.in_(["new", "paid"]), points.c.amount > Decimal("1.5"))
        .group_by(types.c.id)
        .order_by(types.c.id)
    )
    with engine.connect() as connection:
        told = {
            "joined": [[show(value) for value in row] for row in connection.execute(joined)],
            "bound": connection.execute(text("SELECT :a || :b"), {"a": "it's\t\\", "b": "ü%"}).scalar(),
            "names": [row[0] for row in connection.execute(select(types.c.name).order_by(types.c.id).limit(2))],
        }
        try:
            connection.execute(text("SELECT * FROM shop.no_such"))
        except Exception as error:
            told["unknown"] = "UNKNOWN_TABLE" in str(error)
    return told


def superset(engine):
    """Statements of superset/db_engine_specs/clickhouse.py and of its SQL Lab."""
    grains = [
        "toStartOfMinute(toDateTime({col}))",
        "toDateTime(intDiv(toUInt32(toDateTime({col})), 300)*300)",
        "toStartOfHour(toDateTime({col}))",
        "toStartOfDay(toDateTime({col}))",
        "toMonday(toDateTime({col}))",
        "toStartOfMonth(toDateTime({col}))",
        "toStartOfQuarter(toDateTime({col}))",
        "toStartOfYear(toDateTime({col}))",
    ]
    asked = ", ".join(f"toString({grain.format(col='placed')}) AS g{at}" for at, grain in enumerate(grains))
    functions = "SELECT name FROM system.functions UNION ALL SELECT name FROM system.table_functions LIMIT 10000"
    chart = """SELECT toStartOfDay(toDateTime(placed)) AS __timestamp, kind AS kind, SUM(amount) AS "SUM(amount)"
        FROM shop.points WHERE placed >= toDateTime('2026-01-01 00:00:00') AND placed < toDateTime('2026-01-03 00:00:00')
        GROUP BY toStartOfDay(toDateTime(placed)), kind ORDER BY __timestamp, kind LIMIT 10000"""
    with engine.connect() as connection:
        return {
            "functions": len(connection.execute(text(functions)).fetchall()) > 1000,
            "lab": [[show(value) for value in row] for row in connection.execute(text("SELECT * FROM (SELECT id, kind FROM shop.points ORDER BY id) AS virtual_table LIMIT 2"))],
            "grains": list(connection.execute(text(f"SELECT {asked} FROM shop.points WHERE id = 4")).fetchone()),
            "chart": [[show(row[0])[:19], row[1], show(row[2])] for row in connection.execute(text(chart))],
        }


def cancelled():
    """A query of SQL Lab that another connection ends by its id."""
    import clickhouse_connect

    def client():
        return clickhouse_connect.get_client(host="127.0.0.1", port=int(port), username="default", password=token)

    told = {}

    def run():
        try:
            slow = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"
            client().query(slow, settings={"query_id": "of-superset"})
        except Exception as error:
            told["error"] = "394" in str(error)

    thread = threading.Thread(target=run)
    thread.start()
    other = client()
    while thread.is_alive():
        other.command("KILL QUERY WHERE query_id = 'of-superset'")
        thread.join(0.1)
    return told


warnings.simplefilter("error", category=sqlalchemy.exc.SAWarning)
engine = sqlalchemy.create_engine(url)
# Without these pandas makes floats of decimals and of integers beside NULL.
exact = {"coerce_float": False, "dtype_backend": "numpy_nullable"}
frame = pandas.read_sql("SELECT * FROM shop.types ORDER BY id", engine, **exact).astype(object)
print(
    json.dumps(
        {
            "reflection": reflection(engine),
            "queries": queries(engine),
            "superset": superset(engine),
            "frame": [[show(value, name) for name, value in zip(frame.columns, row)] for row in frame.values.tolist()],
            "cancelled": cancelled(),
        }
    )
)
