// Package kafka is how this process talks to the broker: one configuration for
// both clients, the one partitioner, the producer that waits for the ack, topic
// provisioning, the consumer of the sinks, and everything Goka needs so that it
// neither loses nor misplaces a record (ordered commits, franz-go outputs, the
// partition guard, codecs that never fail).
//
// What must stay true:
//   - every producer, every Goka table and every view places a key with
//     Partition; the guard stops a processor that sees a key elsewhere;
//   - an offset is committed only when every earlier record of its partition is
//     done;
//   - while its client lives, a record that may be on the wire is never
//     cancelled, so that an idempotent retry can never become a second copy.
package kafka
