-- Every add_to_cart with the conversation that was its last touch within 72 h. A shopper's messages and carts are
-- walked in time order; a cart looks at the message before it.
CREATE OR REPLACE VIEW askbuy.carts {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "carts" ""}}
