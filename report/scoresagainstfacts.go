package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"askbuy/models/intent"
)

const saidScores = `
	SELECT shop_id, user_id, event_id AS k, toString((conv_id, toUnixTimestamp64Milli(ts), buy_score, p_order, p_net)) AS row
	FROM askbuy.message_scores AS s FINAL
	WHERE 1`

// dueScores is the fold of intent.Params over each conversation. While one of
// a shopper's messages has no evidence, nothing is said of the others' scores.
func dueScores(models map[string]*intent.Params, gone expired) string {
	signals := strings.NewReplacer(
		"{states}", states(models), "{did}", did, "{bought}", bought, "{claimed}", claimed, "{models}", modelTable(models),
		"{day}", strconv.Itoa(intent.BehaviorReach), "{past}", strconv.Itoa(intent.PastReach),
		"{sessions from}", ms(gone.sessionsFrom()), "{past from}", ms(gone.pastFrom()), "{behaviors from}", ms(gone.behaviorsFrom()),
	).Replace(signalsAt)
	return strings.NewReplacer(
		"{signals}", signals, "{weigh}", weigh("signals", "z0"), "{lose}", weigh("loss", "loss_b"),
	).Replace(`
	SELECT shop_id, user_id, k, if(whole, toString((conv_id, ms, round(1 / (1 + exp(-(z - ref))), 3), round(p, 6),
		round(if(loss_b = 0, p, p / (1 + exp(lost))), 6))), '') AS row
	FROM (
		SELECT *, 1 / (1 + exp(-(cal_c - cal_a * log1p(exp(-y)) + cal_b * log1p(exp(y))))) AS p
		FROM (
			SELECT *, z + shops[shop_id] AS y
			FROM (SELECT *, {weigh} AS z, {lose} AS lost FROM ({signals}))
		)
	)`)
}

// signalsAt are the messages with their states, the parameters of their
// models and the vector x of signals.
const signalsAt = `
	SELECT shop_id, user_id, conv_id, k, ms, whole, ref, cal_a, cal_b, cal_c, loss_b, signals, loss, shops, head_a * state + head_b AS z0,
		[
			log1p(turns - 1), log1p(arrayCount(at -> at <= ms AND at > ms - {day}, views)),
			carted, arrayExists(at -> at <= ms AND at > ms - 1800000, carts),
			arrayExists(at -> at <= ms AND at > ms - {day}, checkouts), arrayExists(at -> at <= ms AND at > ms - {day}, favorites),
			orders > 0 AND last_paid > ms - {day}, log1p(orders), lost_orders / (1 + orders),
			log1p(arrayCount(at -> at <= ms AND at > ms - {past} AND (orders = 0 OR last_paid <= at - {day}), claims)),
			if(carted, 0, log1p(bargains))
		] AS x
	FROM (
		SELECT *, length(recent) AS orders, arrayMax(recent.1) AS last_paid, arrayCount(o -> o.2 <= ms, recent) AS lost_orders
		FROM (
			SELECT s.shop_id AS shop_id, s.user_id AS user_id, s.conv_id AS conv_id, s.k AS k, s.ms AS ms,
				s.state AS state, s.turns AS turns, s.bargains AS bargains, c.claims AS claims,
				c.whole AND s.begun >= {sessions from} AND (ms >= {past from} OR NOT p.reads_past)
					AND (ms >= {behaviors from} OR NOT p.reads_behaviors) AS whole,
				d.views AS views, d.carts AS carts, d.checkouts AS checkouts, d.favorites AS favorites,
				p.head_a AS head_a, p.head_b AS head_b, p.ref AS ref, p.cal_a AS cal_a, p.cal_b AS cal_b, p.cal_c AS cal_c, p.loss_b AS loss_b,
				p.signals AS signals, p.loss AS loss, p.shops AS shops,
				arrayExists(at -> at <= ms AND at > ms - {day}, d.carts) AS carted,
				arrayFilter(o -> o.1 <= ms AND o.1 > ms - {past}, b.orders) AS recent
			FROM ({states}) AS s
			INNER JOIN ({claimed}) AS c ON c.shop_id = s.shop_id AND c.user_id = s.user_id
			LEFT JOIN ({did}) AS d ON d.shop_id = s.shop_id AND d.user_id = s.user_id
			LEFT JOIN ({bought}) AS b ON b.shop_id = s.shop_id AND b.user_id = s.user_id
			LEFT JOIN ({models}) AS p ON p.model = s.model
		)
	)`

// states are the messages with what the evidence adds up to (state), and how
// many messages (turns) and bargains their session has so far since it began.
func states(models map[string]*intent.Params) string {
	return strings.NewReplacer("{folded}", folded, "{models}", modelTable(models), "{gap}", strconv.FormatInt(intent.SessionGap.Milliseconds(), 10),
		"{bargain}", intent.Bargain).Replace(`
	SELECT shop_id, user_id, conv_id, point.1 AS k, point.2 AS ms, point.3 AS model,
		point.4.1 AS state, point.4.2 AS turns, point.4.3 AS bargains, point.4.4 AS begun
	FROM (
		SELECT shop_id, user_id, conv_id,
			arraySort(groupArray((f.ms, f.event_id, f.evidence, f.model, q.gamma, q.half, f.act = '{bargain}'))) AS points,
			points.1 AS times,
			arrayMap((t, before) -> t - before, times, arrayPushFront(arrayPopBack(times), times[1] - {gap} - 1)) AS gaps,
			arrayFold((states, gap, e, gamma, half, bargains, t) -> arrayPushBack(states, if(gap > {gap}, (e, 1., toFloat64(bargains), t),
				(gamma * pow(2, -gap / half) * states[-1].1 + e, states[-1].2 + 1, states[-1].3 + bargains, states[-1].4))),
				gaps, points.3, points.5, points.6, points.7, times, CAST([], 'Array(Tuple(Float64, Float64, Float64, Int64))')) AS states
		FROM ({folded}) AS f LEFT JOIN ({models}) AS q ON q.model = f.model
		GROUP BY shop_id, user_id, conv_id
	)
	ARRAY JOIN arrayZip(points.2, times, points.4, states) AS point`)
}

// did are the behaviours that signals read, by shopper.
const did = `
	SELECT shop_id, user_id,
		groupArrayIf(toUnixTimestamp64Milli(ts), name IN ('page_view', 'item_click')) AS views,
		groupArrayIf(toUnixTimestamp64Milli(ts), name = 'add_to_cart') AS carts,
		groupArrayIf(toUnixTimestamp64Milli(ts), name = 'checkout') AS checkouts,
		groupArrayIf(toUnixTimestamp64Milli(ts), name = 'favorite') AS favorites
	FROM askbuy.behaviors FINAL WHERE is_test = 0 GROUP BY shop_id, user_id`

// bought are the paid orders by shopper, as times of payment and of loss.
const bought = `
	SELECT shop_id, user_id,
		groupArray((toUnixTimestamp64Milli(assumeNotNull(paid_at)),
			least(ifNull(toUnixTimestamp64Milli(cancelled_at), 9223372036854775807), ifNull(toUnixTimestamp64Milli(refunded_at), 9223372036854775807)))) AS orders
	FROM askbuy.order_fold WHERE paid_at IS NOT NULL AND user_id != '' GROUP BY shop_id, user_id`

// claimed are the messages that claim a purchase, and whether every message
// of the shopper has a score.
const claimed = `
	SELECT shop_id, user_id, groupArrayIf(ms, act = '` + intent.Claim + `') AS claims, min(scored) = 1 AS whole
	FROM (` + folded + `) GROUP BY shop_id, user_id`

// weigh adds the weighed signals to a beginning, from left to right.
func weigh(weights, beginning string) string {
	for i := range intent.SignalNames() {
		beginning += fmt.Sprintf(" + %s[%d] * x[%[2]d]", weights, i+1)
	}
	return beginning
}

// modelTable are the parameters, a row a model.
func modelTable(models map[string]*intent.Params) string {
	var rows []string
	for _, id := range slices.Sorted(maps.Keys(models)) {
		p := models[id]
		values := []string{quote(id)}
		for _, v := range []float64{p.Gamma, p.HalfLifeMs, p.HeadA, p.HeadB, p.RefLogit, p.CalA, p.CalB, p.CalC, p.LossB} {
			values = append(values, number(v))
		}
		shops := []string{}
		for _, shop := range slices.Sorted(maps.Keys(p.Shops)) {
			shops = append(shops, quote(shop), number(p.Shops[shop]))
		}
		values = append(values, strconv.FormatBool(p.ReadsPast()), strconv.FormatBool(p.ReadsBehaviors()))
		values = append(values, weights(p.Signals), weights(p.Loss), "CAST(map("+strings.Join(shops, ", ")+"), 'Map(String, Float64)')")
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	return `SELECT t.1 AS model, t.2 AS gamma, t.3 AS half, t.4 AS head_a, t.5 AS head_b, t.6 AS ref, t.7 AS cal_a, t.8 AS cal_b, t.9 AS cal_c, t.10 AS loss_b,
		t.11 AS reads_past, t.12 AS reads_behaviors, t.13 AS signals, t.14 AS loss, t.15 AS shops FROM (SELECT arrayJoin([` + strings.Join(rows, ", ") + `]) AS t)`
}

func weights(of map[string]float64) string {
	var list []string
	for _, name := range intent.SignalNames() {
		list = append(list, number(of[name]))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// number is a Float64 to the last bit: a literal might be read less exactly.
func number(v float64) string {
	return "toFloat64('" + strconv.FormatFloat(v, 'g', -1, 64) + "')"
}

func ms(at int64) string { return strconv.FormatInt(at, 10) }

func quote(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(s) + "'"
}
