// Package conversation remembers where every shopper's conversation stands, on
// every replica: a Goka group folds what is said, answered and handed over into
// a table keyed by shopper (group.go), and each replica reads that table, adds
// what it has itself just answered, and follows the handoffs as they are
// recorded (book.go).
//
// What must stay true:
//   - a state is a function of the set of events, not of their order or
//     repetition (state.go, handoff.go);
//   - a replica says something of the bot's only while it knows of every
//     handoff that was recorded up to a bounded time ago. Who takes a
//     conversation over waits for that time, and nothing of the bot's comes
//     after it (watch.go).
package conversation
