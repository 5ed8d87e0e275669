// Package inference says what follows from an experiment's counts: how far two
// variants differ, how sure that is, whether the experiment can be believed at
// all, and what to do. It is arithmetic alone: no clock, no database, no
// randomness, so the same input gives the same analysis bit by bit, and a
// stored input is the proof of a stored result.
//
// What must stay true:
//   - the unit of variance is the unit that was randomised, the shopper, also
//     for what is counted per conversation;
//   - the absolute difference is tested; the relative lift is its Fieller
//     interval, so both say the same about 0;
//   - while an experiment runs only bounds that hold at every look decide;
//   - a number that cannot be right is refused with a reason, never given.
package inference
