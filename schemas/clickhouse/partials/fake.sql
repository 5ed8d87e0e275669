{{/* What speaks for intent that is only words, each with its weight from 0 to 1; together they are
     1 - (1 - w1)(1 - w2)... A conversation whose order is kept, or that has no scored message, has none.
       claim_without_order   1 - 0.4^n, n messages that say something is bought when nothing was
       repeated_claims       1 - 0.8^n, n such messages of the shopper in other conversations, beside one here
       lost_orders           0.5 * lost / (paid + 1) of the shopper's orders
       bargain_without_cart  1 - 0.85^n from n = 2 messages on that bargain, with no cart and no order */}}
{{define "fake_intent" -}}
arrayFilter(f -> f.2 > 0 AND o.last_kept_at IS NULL AND s.buy_score IS NOT NULL, [
        ('claim_without_order', 1 - pow(0.4, k.unmet)),
        ('repeated_claims', if(k.unmet > 0, 1 - pow(0.8, k.unmet_elsewhere), 0.)),
        ('lost_orders', 0.5 * h.lost / (h.paid + 1)),
        ('bargain_without_cart', if(s.bargains >= 2 AND c.is_carted = 0 AND o.orders = 0, 1 - pow(0.85, s.bargains), 0.))])
{{- end}}
