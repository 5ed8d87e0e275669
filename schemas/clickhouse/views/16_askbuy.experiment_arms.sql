-- How many units each variant has.
CREATE OR REPLACE VIEW askbuy.experiment_arms {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "experiment_arms" ""}}
