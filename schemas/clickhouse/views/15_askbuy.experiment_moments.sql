-- What the report and the live view read: units summed up.
CREATE OR REPLACE VIEW askbuy.experiment_moments {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "experiment_moments" ""}}
