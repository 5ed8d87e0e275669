-- The one experiment that exposed a conversation; '' when there were several.
CREATE OR REPLACE VIEW askbuy.conversation_experiments {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "conversation_experiments" ""}}
