-- An order folded over all its events, whatever their user. Everything about orders starts here.
CREATE OR REPLACE VIEW askbuy.order_fold {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "order_fold" ""}}
