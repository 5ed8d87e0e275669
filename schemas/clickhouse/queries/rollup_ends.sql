INSERT INTO askbuy.conversation_ends (lineage, until, row)
SELECT v.lineage, {as_of:DateTime64(3, 'UTC')}, v.row
FROM askbuy.conversation_versions AS v
WHERE v.lineage = {lineage:UInt64} AND v.since < {as_of:DateTime64(3, 'UTC')}
    AND (v.shop_id, v.user_id) IN (SELECT r.shop_id, r.user_id FROM askbuy.rollup_changes AS r WHERE r.lineage = {lineage:UInt64} AND r.as_of = {as_of:DateTime64(3, 'UTC')})
    AND v.row NOT IN (SELECT e.row FROM askbuy.conversation_ends AS e WHERE e.lineage = {lineage:UInt64})
