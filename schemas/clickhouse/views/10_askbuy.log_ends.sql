-- How far a log (topic, partition, epoch) reaches, as of its newest cut. Below `below` every offset needs a
-- receipt; from there up to `upto` a record is on its way. Of a log that was replaced by a newer epoch nothing
-- is on its way any more.
CREATE OR REPLACE VIEW askbuy.log_ends {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    topic,
    partition,
    epoch,
    noted_at,
    greatest(end_offset, committed_offset) AS upto,
    if(epoch = max(epoch) OVER (PARTITION BY topic, partition), greatest(committed_offset, 0), upto) AS below
FROM askbuy.offset_cuts FINAL
