-- The orders attributed to a conversation, summed.
CREATE OR REPLACE VIEW askbuy.conversation_orders {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "conversation_orders" ""}}
