package questions

// experiments narrows to those of the shops: one that runs in several shops is for viewers of all of them.
func (d *draft) experiments(table string) string {
	return "WHERE " + conditions(d.shop(table+".shop_id"), d.equal(table+".experiment", "experiment"))
}

var experimentQuestions = []Question{
	{
		Name: "experiments", About: "Experiments and their variants.", Params: []string{"experiment"}, Behind: "experiment_results", Timeless: true,
		Columns: []Column{
			{Name: "experiment", Unit: ID, About: "experiment"}, {Name: "shop_id", Unit: ID, About: "the one shop; empty: several"}, {Name: "hypothesis", Unit: Text, About: "what is expected"}, {Name: "owner", Unit: Text, About: "who answers for it"},
			{Name: "status", Unit: Text, About: "planned, running, maturing or ended"}, {Name: "start_at", Unit: Time, About: "start"}, {Name: "planned_end", Unit: Time, About: "units first exposed before it count"}, {Name: "final_at", Unit: Time, About: "final look"},
			{Name: "n_star", Unit: Count, About: "planned units"}, {Name: "variant", Unit: Text, About: "variant"}, {Name: "weight", Unit: Share, About: "its share"}, {Name: "is_control", Unit: Flag, About: "the others are compared with it"},
			{Name: "units", Unit: Count, About: "shoppers exposed to it", Step: "units"}, {Name: "contaminated", Unit: Count, About: "of these: saw another variant as well"},
		},
		sql: func(d *draft) string {
			return `SELECT e.experiment AS experiment, e.shop_id AS shop_id, e.hypothesis AS hypothesis, e.owner AS owner, e.status AS status, e.start_at AS start_at, e.planned_end AS planned_end, e.final_at AS final_at,
    e.n_star AS n_star, e.variant AS variant, e.weight AS weight, e.is_control AS is_control, u.units AS units, u.contaminated AS contaminated
FROM bi.experiments AS e
LEFT JOIN (SELECT x.experiment AS experiment, x.variant AS variant, count() AS units, countIf(x.is_contaminated = 1) AS contaminated FROM bi.experiment_units AS x GROUP BY experiment, variant) AS u
    ON u.experiment = e.experiment AND u.variant = e.variant
` + d.experiments("e") + "\nORDER BY e.start_at DESC, experiment, is_control DESC, variant"
		},
	},
	{
		Name: "experiment_results", About: "The newest look at each experiment, one metric and treatment a row.", Params: []string{"experiment"}, Timeless: true,
		Columns: []Column{
			{Name: "experiment", Unit: ID, About: "experiment"}, {Name: "snapshot_at", Unit: Time, About: "when it was looked at"}, {Name: "data_cutoff", Unit: Time, About: "what happened later is not in it"}, {Name: "is_final", Unit: Flag, About: "the final look"},
			{Name: "metric", Unit: Text, About: "metric"}, {Name: "role", Unit: Text, About: "success, guardrail, deterioration or diagnostic"}, {Name: "variant", Unit: Text, About: "treatment"}, {Name: "control", Unit: Text, About: "what it is compared with"},
			{Name: "n_c", Unit: Count, About: "units of the control"}, {Name: "n_t", Unit: Count, About: "units of the treatment"}, {Name: "value_c", Unit: Score, About: "value of the control"}, {Name: "value_t", Unit: Score, About: "value of the treatment"},
			{Name: "lift", Unit: Score, About: "difference / |value of the control|"}, {Name: "lift_lo", Unit: Score, About: "lower end at the level in force"}, {Name: "lift_hi", Unit: Score, About: "upper end"},
			{Name: "p_always_valid", Unit: Share, About: "p that holds at every look"}, {Name: "power_at_mde", Unit: Share, About: "probability of finding the planned effect at the end"}, {Name: "days_left", Unit: Count, About: "days until it is the planned one"},
			{Name: "verdict", Unit: Text, About: "verdict on the treatment"}, {Name: "reason", Unit: Text, About: "why"}, {Name: "warnings", Unit: List, About: "what to know before it is believed"}, {Name: "srm_p", Unit: Share, About: "sequential p of the sample ratio"}, {Name: "refused", Unit: Text, About: "why there is no number"},
		},
		sql: func(d *draft) string {
			return `SELECT r.experiment AS experiment, r.snapshot_at AS snapshot_at, r.data_cutoff AS data_cutoff, r.is_final AS is_final, r.metric AS metric, r.role AS role, r.variant AS variant, r.control AS control,
    r.n_c AS n_c, r.n_t AS n_t, r.value_c AS value_c, r.value_t AS value_t, r.lift AS lift, r.lift_lo AS lift_lo, r.lift_hi AS lift_hi, r.p_always_valid AS p_always_valid, r.power_at_mde AS power_at_mde,
    r.days_left AS days_left, r.verdict AS verdict, r.reason AS reason, r.warnings AS warnings, r.srm_p AS srm_p, r.refused AS refused
FROM bi.experiment_results AS r
INNER JOIN (SELECT x.experiment AS experiment, max((x.is_final, x.snapshot_at)) AS newest FROM bi.experiment_results AS x GROUP BY experiment) AS n ON n.experiment = r.experiment AND n.newest = (r.is_final, r.snapshot_at)
` + d.experiments("r") + "\nORDER BY experiment, indexOf(['success', 'guardrail', 'deterioration', 'diagnostic'], role), metric, variant"
		},
	},
	{
		Name: "experiment_live", About: "What the units of a running experiment say now, with bounds that hold at every look.", Params: []string{"experiment"}, Timeless: true,
		Columns: []Column{
			{Name: "experiment", Unit: ID, About: "experiment"}, {Name: "metric", Unit: Text, About: "metric"}, {Name: "variant", Unit: Text, About: "treatment"},
			{Name: "n_c", Unit: Count, About: "units of the control"}, {Name: "n_t", Unit: Count, About: "units of the treatment"}, {Name: "value_c", Unit: Score, About: "value of the control"}, {Name: "value_t", Unit: Score, About: "value of the treatment"},
			{Name: "diff", Unit: Score, About: "treatment minus control"}, {Name: "seq_lo", Unit: Score, About: "lower bound that holds at every look"}, {Name: "seq_hi", Unit: Score, About: "upper bound"}, {Name: "p_always_valid", Unit: Share, About: "p that holds at every look"}, {Name: "srm_p", Unit: Share, About: "p of the sample ratio; below 0.01 believe nothing"},
		},
		sql: func(d *draft) string {
			return "SELECT l.experiment AS experiment, l.metric AS metric, l.variant AS variant, l.n_c AS n_c, l.n_t AS n_t, l.value_c AS value_c, l.value_t AS value_t, l.diff AS diff, l.seq_lo AS seq_lo, l.seq_hi AS seq_hi, l.p_always_valid AS p_always_valid, l.srm_p AS srm_p\nFROM bi.experiment_live AS l\n" +
				d.experiments("l") + "\nORDER BY experiment, metric, variant"
		},
	},
	{
		Name: "experiment_shoppers", About: "The shoppers of an experiment, those first exposed last before the others.", Params: []string{"experiment", "variant", "exposed_on", "contaminated"}, Behind: "conversations", Pages: true, Timeless: true,
		Columns: []Column{
			{Name: "first_exposure_at", Unit: Time, About: "first exposure"}, {Name: "experiment", Unit: ID, About: "experiment"}, {Name: "variant", Unit: Text, About: "variant of the first exposure"}, {Name: "shop_id", Unit: ID, About: "shop"}, {Name: "user_id", Unit: ID, About: "shopper as sent"},
			{Name: "exposures", Unit: Count, About: "exposures before the planned end"}, {Name: "is_contaminated", Unit: Flag, About: "saw another variant as well"}, {Name: "conversations", Unit: Count, About: "conversations that count"}, {Name: "ordered", Unit: Count, About: "of these: with an attributed order"},
		},
		sql: func(d *draft) string {
			day, mixed := "", ""
			if d.has("exposed_on") {
				day = "toDate(u.first_exposure_at, 'UTC') = " + d.bind("exposed_on")
			}
			if d.has("contaminated") {
				mixed = "u.is_contaminated = 1"
			}
			return "SELECT u.first_exposure_at AS first_exposure_at, u.experiment AS experiment, u.variant AS variant, u.shop_id AS shop_id, u.user_id AS user_id, u.exposures AS exposures, u.is_contaminated AS is_contaminated, u.conversations AS conversations, u.ordered AS ordered\nFROM bi.experiment_units AS u\nWHERE " +
				conditions(d.shop("u.shop_id"), d.equal("u.experiment", "experiment"), d.equal("u.variant", "variant"), day, mixed) + "\nORDER BY first_exposure_at DESC, experiment, shop_id, user_id"
		},
	},
	{
		Name: "experiment_days", About: "Shoppers first exposed, by day (UTC) and variant.", Params: []string{"experiment"}, Behind: "experiment_shoppers", Timeless: true,
		Columns: []Column{{Name: "day", Unit: Day, About: "day of the first exposure, UTC"}, {Name: "experiment", Unit: ID, About: "experiment"}, {Name: "variant", Unit: Text, About: "variant"}, {Name: "units", Unit: Count, About: "shoppers"}},
		sql: func(d *draft) string {
			return "SELECT toDate(u.first_exposure_at, 'UTC') AS day, u.experiment AS experiment, u.variant AS variant, count() AS units\nFROM bi.experiment_units AS u\n" + d.experiments("u") + "\nGROUP BY day, experiment, variant\nORDER BY day, experiment, variant"
		},
	},
}
