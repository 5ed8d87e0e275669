-- What scores are judged by: every user message before its conversation's first attributed order, with what came
-- of it. A conversation weighs 1, whatever it says; it counts once its last user message is 72 h old.
CREATE OR REPLACE VIEW askbuy.score_units {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "score_units" ""}}
