package pipeline

import (
	"log/slog"
	"net/http"

	"askbuy/internal/experiment"
	"askbuy/internal/httpserver"
)

const assignRoute = "/v1/assign"

// register adds the route of assignments to the public door. It records no
// exposure: who asks says when a variant was shown.
func (a *assigned) register(mux *http.ServeMux, k keys, log *slog.Logger) {
	mux.Handle("GET "+assignRoute, httpserver.Handler(log, func(w http.ResponseWriter, r *http.Request) error { return a.serve(w, r, k) }))
	mux.Handle(assignRoute, httpserver.Handler(log, httpserver.NotAllowed("GET")))
}

func (a *assigned) serve(w http.ResponseWriter, r *http.Request, k keys) error {
	speaksFor := k.Shops(r.Header)
	if speaksFor == nil {
		return errUnauthorized()
	}
	query := r.URL.Query()
	shop, user, key := query.Get("shop_id"), query.Get("user_id"), query.Get("experiment")
	switch {
	case shop == "" || user == "" || len(shop) > longestID || len(user) > longestID:
		return httpserver.Problem(http.StatusBadRequest, "bad_field", "shop_id and user_id: want 1 to 256 bytes each")
	case !speaksFor(shop):
		return httpserver.Problem(http.StatusForbidden, "forbidden_shop", "shop_id is not one of the key's")
	case key != "" && !a.knows(key, shop):
		return httpserver.Problem(http.StatusNotFound, "not_found", "no such experiment: put its file into experiments_dir and run askbuy experiment apply")
	}
	return answerJSON(w, http.StatusOK, struct {
		Assignments []experiment.Assignment `json:"assignments"`
	}{experiment.Assign(shop, user, a.running(key))})
}
