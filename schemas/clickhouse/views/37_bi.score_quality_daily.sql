CREATE OR REPLACE VIEW bi.score_quality_daily {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    model_id String COMMENT 'model that scored the messages',
    day Date COMMENT 'day of the message in the time zone of the shop',
    auc Nullable(Float64) COMMENT 'area under the ROC curve of p_order: the chance that a hit has the greater p than a miss, ties half; NULL without both',
    pr_auc Nullable(Float64) COMMENT 'area under the precision-recall curve of p_order (average precision); NULL without hits',
    brier Nullable(Float64) COMMENT 'mean squared error of p_order',
    ece Nullable(Float64) COMMENT 'expected calibration error of p_order, 15 bins of equal weight',
    n Float64 COMMENT 'sum of weights: a conversation weighs 1, shared equally by its messages',
    messages UInt64 COMMENT 'number of messages',
    sum_p Float64 COMMENT 'weighted sum of p_order: the expected orders',
    sum_y Float64 COMMENT 'weighted sum of outcomes: orders that came and are kept'
) SQL SECURITY INVOKER AS
SELECT shop_id, model_id, day, auc, pr_auc, brier, ece, n, messages, sum_p, sum_y
FROM ({{quality "shop_id, model_id, day" "askbuy.score_units"}})
COMMENT 'Grain: one day of a shop and model, of the same messages, weights and outcomes as bi.score_quality. Means over days are not the figure of the days together: askbuy report score has that.'
