// Package processors turns raw events into what the join makes of them. Three
// Goka groups translate, and pure functions beside them decide:
//
//   - score reads messages and behaviours and hands each on as an entry of its
//     shopper's journey, a user's message with evidence and intent;
//   - orders folds an order's events and sends the same snapshot into the
//     journey of every user that one of them names;
//   - journey folds that one log per shopper into message scores and touches.
//
// What must stay true:
//   - a state at an offset of the journey is a function of that log alone, and
//     the version of a row is the place in that log that it was computed at;
//   - at every entry, new or repeated, all rows that it can concern are said
//     again, whether they changed or not: what differs from the state only is
//     lost in a crash in which the state survives and the output does not;
//   - of copies of one event the one with the least raw position counts,
//     wherever and whenever the others come;
//   - nothing here reads a clock: a repair's pace is the only time there is,
//     and its clock is injected.
package processors
