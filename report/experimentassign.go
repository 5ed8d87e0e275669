package report

import (
	"fmt"
	"strconv"
	"strings"

	"askbuy/internal/experiment"
)

// AssignReport is what experiments give one shopper.
type AssignReport struct {
	ShopID      string                  `json:"-"`
	UserID      string                  `json:"-"`
	Assignments []experiment.Assignment `json:"assignments"`
}

func (r *AssignReport) page(l Lang) page {
	s := section{columns: []string{l.say("experiment", "实验"), l.say("variant", "版本"), l.say("bucket", "分桶")}}
	for _, a := range r.Assignments {
		s.rows = append(s.rows, []string{a.Experiment, orNone(given(a), l), strconv.FormatFloat(a.Bucket, 'f', 4, 64)})
	}
	return page{title: fmt.Sprintf(l.say("%s in shop %s", "%s,店铺 %s"), r.UserID, r.ShopID), sections: []section{s}}
}

func (r *AssignReport) sheet() [][]string {
	sheet := [][]string{{"experiment", "shop_id", "user_id", "variant", "bucket", "hash_version"}}
	for _, a := range r.Assignments {
		sheet = append(sheet, []string{a.Experiment, r.ShopID, r.UserID, given(a), exact(&a.Bucket), strconv.Itoa(a.HashVersion)})
	}
	return sheet
}

func given(a experiment.Assignment) string {
	if a.Variant == nil {
		return ""
	}
	return *a.Variant
}

// ApplyReport is what became of experiment files.
type ApplyReport struct {
	Files      int      `json:"files"`
	Registered []string `json:"registered"` // new or changed
}

func (r *ApplyReport) page(l Lang) page {
	if len(r.Registered) == 0 {
		return page{title: fmt.Sprintf(l.say("%d experiments, nothing new", "%d 个实验,没有变化"), r.Files)}
	}
	return page{title: l.say("registered: ", "已登记:") + strings.Join(r.Registered, ", ")}
}

func (r *ApplyReport) sheet() [][]string {
	sheet := [][]string{{"registered"}}
	for _, key := range r.Registered {
		sheet = append(sheet, []string{key})
	}
	return sheet
}
