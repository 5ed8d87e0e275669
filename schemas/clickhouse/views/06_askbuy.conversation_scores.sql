-- The scores of a conversation: latest and peak, its intent, and its place among the shop's conversations.
CREATE OR REPLACE VIEW askbuy.conversation_scores {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "conversation_scores" ""}}
