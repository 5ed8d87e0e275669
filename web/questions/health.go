package questions

var letterFilters = []string{"stage", "reason"}

// Process is of this process alone, and answered from its metrics: it reads no view, and has no SQL.
var Process = Question{
	Name: "process", About: "Metrics of the process that answers, as /metrics has them: lag, latencies, what waits.", AllShops: true, Timeless: true,
	Columns: []Column{{Name: "measure", Unit: Text, About: "metric"}, {Name: "of", Unit: Text, About: "its labels; of a distribution p50 or p99 as well"}, {Name: "value", Unit: Score, About: "in base units: seconds, records, bytes; null before there is any"}},
}

var healthQuestions = []Question{
	{
		Name: "ledger", About: "What became of every record of the raw topics that had arrived by as_of, and what is on its way now; unexplained must be 0.", AllShops: true, Behind: "records",
		Columns: []Column{
			{Name: "topic", Unit: Text, About: "raw topic"}, {Name: "source", Unit: Text, About: "door; empty for what no sink has read yet"}, {Name: "records", Unit: Count, About: "records: the sum of what follows"},
			{Name: "stored", Unit: Count, About: "became a fact"}, {Name: "duplicate", Unit: Count, About: "said again what a fact says"}, {Name: "conflict", Unit: Count, About: "said otherwise: a dead letter"}, {Name: "quarantined", Unit: Count, About: "could not be read or stored: a dead letter"},
			{Name: "erased", Unit: Count, About: "of a subject that was erased"}, {Name: "in_flight", Unit: Count, About: "not yet read by the sink"}, {Name: "unexplained", Unit: Count, About: "read, but without a receipt"},
		},
		sql: func(d *draft) string {
			return `SELECT l.topic AS topic, l.source AS source, sum(l.n) AS records, sumIf(l.n, l.outcome = 'stored') AS stored, sumIf(l.n, l.outcome = 'duplicate') AS duplicate, sumIf(l.n, l.outcome = 'conflict') AS conflict,
    sumIf(l.n, l.outcome = 'quarantined') AS quarantined, sumIf(l.n, l.outcome = 'erased') AS erased, sumIf(l.n, l.outcome = 'in_flight') AS in_flight, sumIf(l.n, l.outcome = 'unexplained') AS unexplained
FROM
(
    SELECT r.topic AS topic, r.source AS source, r.outcome AS outcome, toInt64(count()) AS n
    FROM bi.receipts AS r
    WHERE r.received_at <= ` + d.bind("as_of") + `
    GROUP BY topic, source, outcome
    UNION ALL
    SELECT g.topic, '', one.1, toInt64(one.2) FROM bi.ledger AS g ARRAY JOIN [('in_flight', g.in_flight), ('unexplained', g.unexplained)] AS one WHERE g.source = ''
) AS l
GROUP BY topic, source
ORDER BY topic, source`
		},
	},
	{
		Name: "records", About: "Records of the raw topics with what became of each, newest first.", Params: []string{"topic", "source", "outcome"}, AllShops: true, Pages: true,
		Columns: []Column{
			{Name: "received_at", Unit: Time, About: "arrival"}, {Name: "topic", Unit: Text, About: "raw topic"}, {Name: "partition", Unit: Count, About: "its partition"}, {Name: "offset", Unit: Count, About: "its offset"},
			{Name: "outcome", Unit: Text, About: "stored, duplicate, conflict, quarantined or erased"}, {Name: "source", Unit: Text, About: "door"}, {Name: "shop_id", Unit: ID, About: "shop"},
		},
		sql: func(d *draft) string {
			return "SELECT r.received_at AS received_at, r.topic AS topic, r.partition AS partition, r.offset AS offset, r.outcome AS outcome, r.source AS source, r.shop_id AS shop_id\nFROM bi.receipts AS r\nWHERE " +
				conditions(d.equal("r.topic", "topic"), d.equal("r.source", "source"), d.equal("r.outcome", "outcome"), "r.received_at <= "+d.bind("as_of")) + "\nORDER BY received_at DESC, topic, partition, offset"
		},
	},
	{
		Name: "freshness", About: "How new the newest event of each kind is.", AllShops: true, Timeless: true,
		Columns: []Column{{Name: "table", Unit: Text, About: "kind of event"}, {Name: "last_event_at", Unit: Time, About: "latest event time"}, {Name: "last_stored_at", Unit: Time, About: "arrival of the newest that is stored"}, {Name: "lag_seconds", Unit: Second, About: "time since then"}},
		sql: func(d *draft) string {
			return "SELECT f.table AS table, f.last_event_at AS last_event_at, f.last_stored_at AS last_stored_at, f.lag_seconds AS lag_seconds\nFROM bi.freshness AS f\nORDER BY table"
		},
	},
	{
		Name: "dead_letter_reasons", About: "What was set aside, by stage and reason.", Behind: "dead_letters", Timeless: true,
		Columns: []Column{{Name: "stage", Unit: Text, About: "ingest, process or sink"}, {Name: "reason", Unit: Text, About: "why"}, {Name: "letters", Unit: Count, About: "events"}, {Name: "deliveries", Unit: Count, About: "deliveries at least"}, {Name: "newest_at", Unit: Time, About: "arrival of the newest"}},
		sql: func(d *draft) string {
			return "SELECT l.stage AS stage, l.reason AS reason, count() AS letters, sum(l.deliveries) AS deliveries, max(l.received_at) AS newest_at\nFROM bi.dead_letters AS l\nWHERE " + conditions(d.shop("l.shop_id")) + "\nGROUP BY stage, reason\nORDER BY letters DESC, stage, reason"
		},
	},
	{
		Name: "dead_letters", About: "Events that were set aside, newest first.", Params: letterFilters, Pages: true, Timeless: true,
		Columns: []Column{
			{Name: "received_at", Unit: Time, About: "arrival of the first delivery"}, {Name: "deliveries", Unit: Count, About: "deliveries at least"}, {Name: "stage", Unit: Text, About: "where"}, {Name: "reason", Unit: Text, About: "why"}, {Name: "detail", Unit: Text, About: "field and rule"},
			{Name: "topic", Unit: Text, About: "topic"}, {Name: "partition", Unit: Count, About: "its partition"}, {Name: "offset", Unit: Count, About: "its offset"}, {Name: "source", Unit: Text, About: "door"}, {Name: "shop_id", Unit: ID, About: "shop"}, {Name: "type", Unit: Text, About: "type of the event"}, {Name: "event_id", Unit: ID, About: "event"},
		},
		sql: func(d *draft) string {
			return "SELECT l.received_at AS received_at, l.deliveries AS deliveries, l.stage AS stage, l.reason AS reason, l.detail AS detail, l.topic AS topic, l.partition AS partition, l.offset AS offset, l.source AS source, l.shop_id AS shop_id, l.type AS type, l.event_id AS event_id\nFROM bi.dead_letters AS l\nWHERE " +
				conditions(d.shop("l.shop_id"), d.equal("l.stage", "stage"), d.equal("l.reason", "reason")) + "\nORDER BY received_at DESC, topic, partition, offset"
		},
	},
	{
		Name: "shops", About: "Shops with their time zone and currency.", Timeless: true,
		Columns: []Column{{Name: "shop_id", Unit: ID, About: "shop"}, {Name: "time_zone", Unit: Text, About: "days are in it"}, {Name: "reporting_currency", Unit: Text, About: "currency of its amounts"}},
		sql: func(d *draft) string {
			return "SELECT s.shop_id AS shop_id, s.time_zone AS time_zone, s.reporting_currency AS reporting_currency\nFROM bi.shops AS s\nWHERE " + conditions(d.shop("s.shop_id")) + "\nORDER BY shop_id"
		},
	},
	{
		Name: "dictionary", About: "Every promised view and column with its meaning.", Timeless: true,
		Columns: []Column{{Name: "view", Unit: Text, About: "view of bi"}, {Name: "grain", Unit: Text, About: "what a row is"}, {Name: "position", Unit: Count, About: "place of the column; 0 for the view"}, {Name: "column", Unit: Text, About: "column; empty where the view takes parameters"}, {Name: "type", Unit: Text, About: "type of ClickHouse"}, {Name: "meaning", Unit: Text, About: "meaning and unit"}},
		sql: func(*draft) string {
			return "SELECT t.name AS view, t.comment AS grain, c.position AS position, c.name AS column, c.type AS type, c.comment AS meaning\nFROM system.tables AS t\nLEFT JOIN system.columns AS c ON c.database = t.database AND c.table = t.name\nWHERE t.database = 'bi'\nORDER BY view, position"
		},
	},
	{
		Name: "data_through", About: "Up to which moment everything that arrived is in the numbers, and whether anything was lost.", Timeless: true,
		Columns: []Column{{Name: "through", Unit: Time, About: "everything that arrived until then is in the numbers; null before the first record"}, {Name: "in_flight", Unit: Count, About: "records on their way"}, {Name: "unexplained", Unit: Count, About: "records without an explanation: must be 0"}},
		sql:     func(*draft) string { return throughSQL },
	},
}

// throughSQL: with nothing on its way all that arrived until now is stored; else all until the newest fact of the kind
// that is farthest behind. Scores and touches follow within seconds, which settle allows for.
const throughSQL = `SELECT min(stored_until) - toIntervalSecond(3) AS through, sum(moving) AS in_flight, sum(lost) AS unexplained
FROM
(
    SELECT l.topic AS topic, sum(l.in_flight) AS moving, sum(l.unexplained) AS lost, if(moving = 0, now64(3, 'UTC'), coalesce(any(f.last_stored_at), now64(3, 'UTC'))) AS stored_until
    FROM bi.ledger AS l
    LEFT JOIN bi.freshness AS f ON f.table = l.topic
    GROUP BY topic
)
HAVING count() > 0`
