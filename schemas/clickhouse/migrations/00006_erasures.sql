-- Erasures: whose data is gone, up to which event time. Subjects are keyed hashes, so that the list of who was
-- forgotten remembers nobody. Rows stay for ever: what the subject said by then may be sent again at any time.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.erasures {{.OnCluster}} (
    subject FixedString(32) COMMENT 'keyed hash of a shopper, or of an order of an erased shopper',
    erased_at DateTime64(3, 'UTC') COMMENT 'event time up to which the subject is gone',
    version UInt64 COMMENT 'ms of erased_at: the latest erasure counts'
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY subject;
