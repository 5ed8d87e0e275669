package knowledge

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"askbuy/models/faq"
)

// ErrRefused says that what was asked for breaks a rule, which the error names.
var ErrRefused = errors.New("refused")

// Approval is how a reviewer answers a question.
type Approval struct {
	Answer    string   `json:"answer"`    // may be left out with entry_id: the entry's stays
	EntryID   string   `json:"entry_id"`  // the question's wordings join this entry
	Questions []string `json:"questions"` // in the place of the question's wordings
	Language  string   `json:"lang"`      // "": the question's
	By        string   `json:"by"`        // who answers it; may be left out
}

// approve is the record that an approval makes.
func approve(q Question, a Approval, shop *Shop, now int64) (Record, error) {
	r := Record{ShopID: q.ShopID, ID: "k-" + q.ID[strings.LastIndexByte(q.ID, '.')+1:], State: Live, Origin: Approved, Answer: strings.TrimSpace(a.Answer), Language: a.Language, By: a.By, At: now}
	added := q.Wordings
	if len(a.Questions) > 0 {
		added = a.Questions
	}
	if a.EntryID != "" {
		at := slices.IndexFunc(shop.Entries, func(e faq.Entry) bool { return e.ID == a.EntryID })
		if at < 0 {
			return Record{}, fmt.Errorf("%w: entry_id: %q is not in the FAQ", ErrRefused, a.EntryID)
		}
		e := shop.Entries[at]
		r.ID, r.Questions = e.ID, slices.Clone(e.Questions)
		if r.Answer == "" {
			r.Answer = e.Answer
		}
		if r.Language == "" {
			r.Language = e.Language
		}
	} else if r.Language == "" {
		r.Language = q.Language
	}
	for _, wording := range added {
		if !slices.Contains(r.Questions, wording) && len(r.Questions) < faq.MaxQuestions {
			r.Questions = append(r.Questions, wording)
		}
	}
	return r, check(shop, r)
}

// check sees whether a shop's FAQ would still be sound with a record.
func check(shop *Shop, r Record) error {
	if err := r.validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	entries := slices.DeleteFunc(slices.Clone(shop.Entries), func(e faq.Entry) bool { return e.ID == r.ID })
	if _, err := faq.New(append(entries, r.entry())); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

// reject is the record of a question that shall not be answered.
func reject(q Question, by string, now int64) (Record, error) {
	r := Record{ShopID: q.ShopID, ID: "r-" + q.ID[strings.LastIndexByte(q.ID, '.')+1:], State: Rejected, Hashes: hashesOf(q.Wordings), Language: q.Language, By: by, At: now}
	if err := r.validate(); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return r, nil
}

func hashesOf(wordings []string) (hashes []string) {
	for _, w := range wordings {
		hashes = append(hashes, hashOf(w))
	}
	return hashes
}

// replace are the records that make these entries a shop's FAQ: the changed
// ones, and those that are no longer in it.
func replace(id string, shop *Shop, entries []faq.Entry, now int64) (changed, removed []Record, err error) {
	if _, err := faq.New(entries); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	had := map[string]faq.Entry{}
	for _, e := range shop.Entries {
		had[e.ID] = e
	}
	var problems []error
	for _, e := range entries {
		before, known := had[e.ID]
		delete(had, e.ID)
		if known && before.Answer == e.Answer && before.Language == e.Language && slices.Equal(before.Questions, e.Questions) {
			continue
		}
		r := Record{ShopID: id, ID: e.ID, State: Live, Origin: Imported, Questions: e.Questions, Answer: e.Answer, Language: e.Language, At: now}
		if err := r.validate(); err != nil {
			problems = append(problems, fmt.Errorf("%w: %w", ErrRefused, err))
		}
		changed = append(changed, r)
	}
	for _, id2 := range slices.Sorted(maps.Keys(had)) {
		removed = append(removed, Record{ShopID: id, ID: id2, State: Removed, At: now})
	}
	return changed, removed, errors.Join(problems...)
}
