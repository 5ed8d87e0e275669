package web

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// submit has the desk do what a form asks for, in a shop that the visitor sees
// and within a time. Done, it leads to the address that do gives; what the desk
// declines is shown with what to do about it.
func (d *Dashboard) submit(within time.Duration, do func(ctx context.Context, v *visit, form url.Values) (to string, err error), show func(http.ResponseWriter, *http.Request, *visit, *failure) error) handler {
	return func(w http.ResponseWriter, r *http.Request, v *visit) error {
		if d.deps.Desk == nil {
			return errNoPage
		}
		shop := r.PostForm.Get("shop_id")
		if !v.person.Sees(shop) || shop == "" {
			return &failure{status: http.StatusForbidden, key: "error.foreign_shop", detail: shop}
		}
		ctx, cancel := context.WithTimeout(r.Context(), within)
		defer cancel()
		to, err := do(ctx, v, r.PostForm)
		if err == nil {
			http.Redirect(w, r, to, http.StatusSeeOther)
			return nil
		}
		told, known := declinedFailure(err)
		if !known {
			return err
		}
		return show(w, r, v, told)
	}
}

// renderTold is a page with what went wrong in it.
func (d *Dashboard) renderTold(w http.ResponseWriter, v *visit, p page, b *bar, told *failure, body any) error {
	if told.after > 0 {
		w.Header().Set("Retry-After", seconds(told.after))
	}
	d.metrics.failures.WithLabelValues(told.key).Inc()
	b.narrow(p, v.filter)
	return d.renderWith(w, told.status, v, p, b, body)
}
