package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
	"askbuy/pipeline"
)

type modelEvaluate struct {
	Model   string `arg:"" placeholder:"ID|DIR" help:"The candidate: an id, or a bundle's directory."`
	Against string `placeholder:"ID|DIR" help:"Against this model instead of the one that a promotion would replace."`
	Format  string `default:"text" enum:"text,json" help:"text or json."`
	Lang    string `default:"en" enum:"en,zh" help:"en or zh."`
}

// Help is what the flags alone do not tell.
func (modelEvaluate) Help() string {
	return `A fifth of all conversations, by the hash of their ids, is kept from every
training; those of them whose 72 h are over decide, when 20 of them and more have an order
that was kept. The candidate is held against the model that it would follow: the
one in force, or the one that is to come. It passes when the 95 % interval of
the change in log loss lies below 0, against that model and against the shops'
rates of orders alone, its calibration error is at most 0.03, texts are read
alike whatever their punctuation, width and emoji, and none of the 20 greatest
shops gets worse by more than 2 %. Exit 1: refused.`
}

func (e modelEvaluate) Run(a *app) error {
	_, err := e.verdict(a)
	return err
}

// verdict writes what the gate says, and is the answer no when it refuses.
func (e modelEvaluate) verdict(a *app) (v learn.Verdict, err error) {
	err = withWarehouse(a, func(db *clickhouse.DB) error {
		v, err = e.judge(a, db)
		return err
	})
	return v, err
}

func (e modelEvaluate) judge(a *app, db *clickhouse.DB) (v learn.Verdict, err error) {
	candidate, err := pipeline.FindModel(a.ctx, db, e.Model)
	if err != nil {
		return v, err
	}
	other, name, err := e.other(a, db)
	if err != nil {
		return v, err
	}
	found, err := pipeline.EvaluateModel(a.ctx, db, candidate, other)
	if err != nil {
		return v, no(err)
	}
	if err := writeEvaluation(a.stdout, found, name, e.Format, e.Lang); err != nil {
		return v, err
	}
	if !found.Verdict.Passed() {
		return found.Verdict, no(fmt.Errorf("%s is refused: %s stays", candidate.ID(), other.ID()))
	}
	return found.Verdict, nil
}

// other is the model that the candidate is held against, and what to call it.
func (e modelEvaluate) other(a *app, db *clickhouse.DB) (m *intent.Model, name string, err error) {
	if e.Against != "" {
		m, err = pipeline.FindModel(a.ctx, db, e.Against)
		return m, "against", err
	}
	m, scheduled, err := pipeline.LastModel(a.ctx, db)
	if scheduled {
		return m, "scheduled", err
	}
	return m, "now", err
}

// evaluationWords are the words of the report, by language.
var evaluationWords = map[string]map[string]string{
	"en": {
		"held": "held out: %d conversations of %d shoppers, %d with an order kept\n", "model": "model", "loss": "log loss", "expected": "expected / actual",
		"now": "in force", "scheduled": "scheduled", "against": "against", "candidate": "candidate", "change": "change of log loss against %s", "rate": "against the shops' rates of orders",
		"novelty": "unknown words (when made)", "passed": "passed: it may come into force", "refused": "refused",
		"shadow": "beside the model in force: %d messages since %s, p_order %.3f apart on average; %d conversations over, %d with an order kept", "share": " (of %.1f %% of all shoppers)", "noShadow": "beside the model in force: nothing yet (a running instance has the newest candidate score every message)",
	},
	"zh": {
		"held": "留出：%d 个会话，%d 位顾客，其中 %d 个会话有保留的订单\n", "model": "模型", "loss": "对数损失", "expected": "预计 / 实际",
		"now": "现行", "scheduled": "待启用", "against": "对照", "candidate": "候选", "change": "对数损失的变化（对 %s）", "rate": "对数损失的变化（对店铺下单率）",
		"novelty": "未见过的词（训练时）", "passed": "通过：可以启用", "refused": "拒绝",
		"shadow": "与现行模型并行打分：%d 条消息，自 %s 起，p_order 平均相差 %.3f；已结束 %d 个会话，其中 %d 个有保留的订单", "share": "（取 %.1f %% 的顾客）", "noShadow": "与现行模型并行打分：尚无（运行中的实例会让最新的候选模型给每条消息打分）",
		string(learn.NothingHeldOut): "（留出的会话里还没有订单）", string(learn.TooFewOrders): "（留出的会话里保留的订单太少）",
		string(learn.NotBetter): "（不能确定比对照模型更好）", string(learn.LearnedNothing): "（不能确定比店铺下单率更好）",
		string(learn.Miscalibrated): "（概率与实际不符）", string(learn.Misbehaves): "（对文本的反应不合理）",
		string(learn.HurtsAShop): "（某家大店明显变差）", string(learn.WorseInShadow): "（并行打分时确定更差）",
	},
}

// writeEvaluation calls the model that the candidate is held against by a name
// of evaluationWords.
func writeEvaluation(out io.Writer, e pipeline.Evaluation, other, format, lang string) error {
	if format == "json" {
		return json.MarshalWrite(out, e, jsontext.Multiline(true))
	}
	words, v := evaluationWords[lang], e.Verdict
	fmt.Fprintf(out, words["held"], v.Conversations, v.Shoppers, v.Orders)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "\t%s\t%s\tAUC\tBrier\tECE\t%s\tPSI\t%s\tz\n", words["model"], words["loss"], words["expected"], words["novelty"])
	line := func(name, id string, q learn.Quality, d learn.Drift) {
		fmt.Fprintf(w, "%s\t%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.3f\t%s\t%.3f (%.3f)\t%+.1f\n", name, id, q.LogLoss, q.AUC, q.Brier, q.ECE, q.Expected, stability(d), d.Novelty, d.Expected, d.Z)
	}
	line(words[other], v.Current, v.Before, e.InForce)
	line(words["candidate"], v.Candidate, v.After, e.Drift)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, words["change"]+": %v\n%s: %v\n", v.Current, v.Change, words["rate"], v.OverRate)
	writeShadow(out, e.Shadow, words)
	for _, r := range v.Refusals {
		fmt.Fprintf(out, "%s: %s%s: %s\n", words["refused"], r.Refusal, words[string(r.Refusal)], r.Detail)
	}
	if v.Passed() {
		fmt.Fprintln(out, words["passed"])
	}
	return nil
}

func writeShadow(out io.Writer, s pipeline.Shadowed, words map[string]string) {
	if s.Since == nil {
		fmt.Fprintln(out, words["noShadow"])
		return
	}
	fmt.Fprintf(out, words["shadow"], s.Messages, s.Since.Format(time.RFC3339), s.Shift, s.Conversations, s.Orders)
	if s.Share < 1 {
		fmt.Fprintf(out, words["share"], 100*s.Share)
	}
	if s.Orders > 0 {
		fmt.Fprintf(out, ": %v", s.Change)
	}
	fmt.Fprintln(out)
}

// stability is the PSI, where it can be told.
func stability(d learn.Drift) string {
	if !d.Known {
		return "-"
	}
	return fmt.Sprintf("%.3f", d.PSI)
}
