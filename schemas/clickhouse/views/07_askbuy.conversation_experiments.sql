-- The one experiment that exposed a conversation; '' when there were several.
CREATE OR REPLACE VIEW askbuy.conversation_experiments {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    conv_id,
    if(experiments = 1, first_shown.1, '') AS experiment,
    if(experiments = 1, first_shown.2, '') AS variant
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        uniqExact(e.experiment) AS experiments,
        argMin((toString(e.experiment), toString(e.variant)), (e.ts, e.event_id)) AS first_shown
    FROM askbuy.exposures AS e FINAL
    WHERE e.is_test = 0 AND e.conv_id != ''
    GROUP BY shop_id, user_id, conv_id
)
