package web

import (
	"context"
	"net/http"
	"time"
)

// page is one address of the navigation. To add one: a template of its name
// that defines "content", its texts in the catalogue (page.<name> is its
// title), and a line in pages.
type page struct {
	name     string // of its template, its texts and its metric
	path     string
	group    string // of the navigation
	role     Role   // that is needed at least
	allShops bool   // for those of all shops only: its rows have no shop
	hidden   bool   // not in the navigation: rows lead to it
	look     string // its template, where that is not of its name
	now      bool   // of now: without a period and a channel above it
	// What the numbers of a page are not narrowed by does not stand above it.
	noChannel bool
	fixed     bool // by nothing: neither shop nor period nor channel
	// body is what the template shows as .Body.
	body func(context.Context, *Dashboard, *visit) (any, error)
}

// pages lists the pages in the order of the navigation.
func pages() []page {
	return []page{
		{name: "overview", path: "/{$}", group: "business", role: RoleViewer, body: overviewPage},
		{name: "funnel", path: "/funnel", group: "business", role: RoleViewer, look: "figures", body: funnelPage},
		{name: "attribution", path: "/attribution", group: "business", role: RoleViewer, look: "figures", body: attributionPage},
		{name: "credits", path: "/credits", hidden: true, role: RoleViewer, look: "figures", body: creditsPage},
		{name: "conversations", path: "/conversations", group: "data", role: RoleViewer, look: "figures", body: conversationsPage},
		{name: "conversation", path: "/conversation", hidden: true, role: RoleViewer, fixed: true, body: transcriptPage},
		{name: "orders", path: "/orders", group: "data", role: RoleViewer, noChannel: true, look: "figures", body: ordersPage},
		{name: "shoppers", path: "/shoppers", group: "data", role: RoleViewer, look: "figures", body: shoppersPage},
		{name: "dictionary", path: "/dictionary", group: "data", role: RoleViewer, fixed: true, body: dictionaryPage},
		{name: "scores", path: "/scores", group: "learning", role: RoleViewer, noChannel: true, look: "figures", body: scoresPage},
		{name: "messages", path: "/messages", hidden: true, role: RoleViewer, noChannel: true, look: "figures", body: messagesPage},
		{name: "experiments", path: "/experiments", group: "learning", role: RoleViewer, look: "figures", now: true, body: experimentsPage},
		{name: "handoffs", path: "/handoffs", group: "operation", role: RoleViewer, look: "figures", now: true, body: handoffsPage},
		{name: "handoff", path: "/handoff", hidden: true, role: RoleViewer, fixed: true, body: handoffPage},
		{name: "knowledge", path: "/knowledge", group: "operation", role: RoleViewer, now: true, body: knowledgePage},
		{name: "live", path: "/live", group: "operation", role: RoleViewer, look: "figures", now: true, body: livePage},
		{name: "pipeline", path: "/pipeline", group: "operation", role: RoleViewer, look: "figures", now: true, allShops: true, body: pipelinePage},
		{name: "records", path: "/records", hidden: true, role: RoleViewer, look: "figures", now: true, allShops: true, body: recordsPage},
		{name: "deadletters", path: "/deadletters", group: "operation", role: RoleViewer, now: true, body: deadLettersPage},
	}
}

// page serves one.
func (d *Dashboard) page(p page) handler {
	return func(w http.ResponseWriter, r *http.Request, v *visit) error {
		began := d.deps.Now()
		if p.allShops && !v.person.SeesAll() {
			return errForbidden
		}
		ctx, cancel := context.WithTimeout(r.Context(), d.config.QueryTimeout)
		defer cancel()
		b, err := d.bar(ctx, v, r.URL.Query())
		if err != nil {
			return err
		}
		b.narrow(p, v.filter)
		body, err := p.body(ctx, d, v)
		if err != nil {
			return err
		}
		if err := d.renderWith(w, http.StatusOK, v, p, b, body); err != nil {
			return err
		}
		d.metrics.pages.WithLabelValues(p.name).Observe(float64(d.deps.Now().Sub(began)) / float64(time.Second))
		return nil
	}
}

// navGroup is a heading of the navigation and what is below it.
type navGroup struct {
	Key   string // of the catalogue
	Items []navItem
}

type navItem struct {
	Key     string // of the catalogue
	Href    string
	Current bool
}

// navigation lists the pages that somebody may open, with the filter kept.
func navigation(v *visit, current string) []navGroup {
	var groups []navGroup
	for _, p := range pages() {
		if p.hidden || !v.person.May(p.role) || p.allShops && !v.person.SeesAll() {
			continue
		}
		if key := "nav." + p.group; len(groups) == 0 || groups[len(groups)-1].Key != key {
			groups = append(groups, navGroup{Key: key})
		}
		last := &groups[len(groups)-1]
		last.Items = append(last.Items, navItem{Key: "page." + p.name, Href: addressOf(p.path) + v.filter.query(), Current: p.name == current})
	}
	return groups
}

// addressOf is the address of a pattern.
func addressOf(pattern string) string {
	if pattern == "/{$}" {
		return "/"
	}
	return pattern
}
