-- Newest conversations first in a shop. FINAL ignores a projection and started_at may still move, so the key of
-- no table of facts can serve this: the server itself makes a small table anew and swaps it in. A large
-- installation asks for it less often: ALTER TABLE askbuy.conversation_index_refresh MODIFY REFRESH EVERY 10 MINUTE.
-- The table is plain on a cluster too: each replica derives its own from the facts that it has.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.conversation_index {{.OnCluster}} (
    shop_id String,
    started_at DateTime64(3, 'UTC') COMMENT 'event time of the earliest message',
    conv_id String,
    user_id String
) ENGINE = MergeTree ORDER BY (shop_id, started_at, conv_id, user_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS askbuy.conversation_index_refresh {{.OnCluster}}
REFRESH EVERY 1 MINUTE
TO askbuy.conversation_index
AS SELECT m.shop_id AS shop_id, min(m.ts) AS started_at, m.conv_id AS conv_id, m.user_id AS user_id
FROM askbuy.messages AS m FINAL
WHERE m.is_test = 0
GROUP BY shop_id, conv_id, user_id;
