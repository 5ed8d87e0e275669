package conversation

import "bytes"

// answered reports whether an encoded state has an answer to a question and what
// is known of it, as has does of a state, without making one: every turn is
// looked for.
func answered(value []byte, question string) bool {
	if len(value) < 2 || value[0] != formVersion {
		return false
	}
	r := reader{b: value[2:]}
	r.int()
	id, is := r.place(appendID(make([]byte, 0, 2*digits), question))
	if !is {
		return false
	}
	r.skimSaid(id) // the questions
	said := r.skimSaid(id)
	r.skimSaid(id) // a person's words
	known := r.skimKnown(id)
	return said && known && !r.bad
}

// place is where the table of ids has one, by its bytes. The reader is behind the
// table then.
func (r *reader) place(id []byte) (place uint64, is bool) {
	for n := range uint64(r.count()) {
		before := r.b
		head := r.uint()
		r.take(head >> 1)
		if head&1 != 0 {
			r.take(digits / 2)
		}
		if bytes.Equal(before[:len(before)-len(r.b)], id) {
			place, is = n, true
		}
	}
	return place, is
}

// skimSaid reports whether a list of what was said has an id.
func (r *reader) skimSaid(id uint64) (has bool) {
	for range r.count() {
		has = r.uint() == id || has
		r.uint()
		r.int()
		r.take(r.uint())
	}
	return has
}

// skimKnown reports whether the list of what is known of answers has an id.
func (r *reader) skimKnown(id uint64) (has bool) {
	for range r.count() {
		has = r.uint() == id || has
		r.uint()
		r.int()
		r.flag()
		r.uint()
		r.uint()
		for range r.count() { // slots
			r.uint()
			r.take(r.uint())
		}
	}
	return has
}
