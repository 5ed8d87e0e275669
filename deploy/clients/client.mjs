// Reads askbuy's views with @clickhouse/client, as notebooks and Node services
// do. ASKBUY_BI_URL (http://host:8123), ASKBUY_BI_USER and ASKBUY_BI_PASSWORD
// say where and as whom. Big integers come as strings, so that none is rounded.
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";

const client = createClient({
  url: process.env.ASKBUY_BI_URL,
  username: process.env.ASKBUY_BI_USER,
  password: process.env.ASKBUY_BI_PASSWORD,
  database: "bi",
  clickhouse_settings: { output_format_json_quote_64bit_integers: 1, max_execution_time: 20 },
  log: { level: ClickHouseLogLevel.OFF }, // errors are thrown as well
});

const rows = async (query, query_params = {}) =>
  (await client.query({ query, query_params, format: "JSONEachRow" })).json();

const pinged = await client.ping();
if (!pinged.success) throw pinged.error;
const [server] = await rows("SELECT version() AS version, currentUser() AS user");
console.log(`start-up: ClickHouse ${server.version} as ${server.user}`);

const views = await rows("SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name");
const columns = await rows("SELECT name, type, comment FROM system.columns WHERE database = 'bi' AND table = {view:String}", { view: "conversations" });
if (columns.some((c) => c.comment === "")) throw new Error("a column has no comment");
console.log(`introspection: ${views.length} views, ${columns.length} columns of conversations`);

const [funnel] = await rows(
  "SELECT sum(conversations) AS n, sum(high_intent) AS high, divideOrNull(sum(high_intent_ordered), sum(high_intent)) AS rate FROM funnel_daily WHERE day >= {from:Date}",
  { from: "2020-01-01" },
);
if (!(Number(funnel.n) > 0)) throw new Error("the funnel is empty");
console.log(`query: ${funnel.n} conversations, ${funnel.high} of high intent, rate ${funnel.rate}`);

let streamed = 0;
const messages = await client.query({ query: "SELECT ts, from_role, text, buy_score FROM messages ORDER BY ts LIMIT 5000", format: "JSONEachRow" });
for await (const chunk of messages.stream()) streamed += chunk.length;
console.log(`stream: ${streamed} messages`);

const refused = await client.command({ query: "CREATE TABLE bi.x (a Int8) ENGINE = Memory" }).then(() => "", (e) => e.type);
if (refused !== "ACCESS_DENIED" && refused !== "READONLY") throw new Error(`a reader may create a table: ${refused}`);
console.log(`refusal: ${refused}`);
await client.close();
