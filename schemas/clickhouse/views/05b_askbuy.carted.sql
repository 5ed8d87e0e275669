-- Conversations that were the last touch within 72 h of an add_to_cart.
CREATE OR REPLACE VIEW askbuy.carted {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT DISTINCT shop_id, user_id, conv_id FROM askbuy.carts
