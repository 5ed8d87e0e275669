"""Reads askbuy's views with clickhouse-connect, as notebooks and Superset do.

ASKBUY_BI_URL (http://host:8123), ASKBUY_BI_USER and ASKBUY_BI_PASSWORD say
where and as whom.
"""
import os
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError

at = urlsplit(os.environ["ASKBUY_BI_URL"])
client = clickhouse_connect.get_client(
    host=at.hostname, port=at.port, interface=at.scheme, database="bi",
    username=os.environ["ASKBUY_BI_USER"], password=os.environ["ASKBUY_BI_PASSWORD"],
)
print(f"start-up: ClickHouse {client.server_version}, time zone {client.server_tz}, as {client.command('SELECT currentUser()')}")

views = [row[0] for row in client.query("SHOW TABLES FROM bi").result_rows]
columns = client.query("DESCRIBE TABLE bi.conversations").result_rows
assert "funnel_daily" in views and len(columns) > 20, views
print(f"introspection: {len(views)} views, {len(columns)} columns of conversations")

funnel = client.query(
    "SELECT sum(conversations), sum(high_intent), divideOrNull(sum(high_intent_ordered), sum(high_intent)) FROM bi.funnel_daily WHERE day >= {start:Date}",
    parameters={"start": "2020-01-01"}, settings={"max_execution_time": 20},
)
conversations, high, rate = funnel.first_row
assert conversations > 0, "the funnel is empty"
print(f"query: {conversations} conversations, {high} of high intent, rate {rate}")

read = 0
with_columns = [row[0] for row in client.query("SELECT DISTINCT table FROM system.columns WHERE database = 'bi'").result_rows]
for source in with_columns + ["attribution(model = 'linear', window_hours = 72)"]:  # those with parameters tell no columns
    try:
        read += len(client.query(f"SELECT * FROM bi.{source} LIMIT 10").result_rows)
    except DatabaseError as refused:
        if "ACCESS_DENIED" not in str(refused):
            raise
print(f"{len(with_columns) + 1} views read: {read} rows")

try:
    client.command("CREATE TABLE bi.x (a Int8) ENGINE = Memory")
except DatabaseError as refused:
    print("refusal:", "READONLY" if "READONLY" in str(refused) else "ACCESS_DENIED")
else:
    raise SystemExit("a reader may create a table")
client.close()
