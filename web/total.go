package web

import (
	"context"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"askbuy/web/questions"
)

// listed is one page of a list, and what all of its pages add up to: what a
// number that leads to the list has to equal.
type listed struct {
	*answer
	questions.Total
}

// askList asks for a page of a list and the sums of some of its columns.
func (d *Dashboard) askList(ctx context.Context, v *visit, name string, columns []string, pairs ...string) (l listed, err error) {
	q, err := questions.Find(name)
	if err != nil {
		return l, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		l.answer, err = d.ask(ctx, v, name, pairs...)
		return err
	})
	group.Go(func() (err error) {
		given := v.given(q, pairs...)
		given.Del("page") // the sums are of all of them
		l.Total, err = d.desk.Total(ctx, name, given, v.scope(), columns...)
		return told(err)
	})
	return l, group.Wait()
}

// rows is how many rows the list has.
func (l listed) rows() string { return count(l.Total.Rows) }

// whole is a sum of whole numbers.
func (l listed) whole(i int) string {
	switch n := l.Sums[i].(type) {
	case uint64:
		return count(int64(n))
	case int64:
		return count(n)
	}
	return nothing
}

// decimals is a sum of other numbers.
func (l listed) decimals(i, places int) string {
	sum, isNumber := l.Sums[i].(float64)
	if !isNumber {
		return nothing
	}
	return number(&sum, places)
}

// amount is a sum of money; of several currencies there is none.
func (l listed) amount(i int) string {
	sum, isMoney := l.Sums[i].(decimal.Decimal)
	if !isMoney || !l.OneCurrency {
		return nothing
	}
	return money(sum.Round(2), l.Currency)
}
