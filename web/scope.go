package web

import "strings"

// ofShops puts the condition on shops into a query, in the place of
// {{shops}}, and begins its parameters. One shop is an equality, which reads
// the fewest granules.
func ofShops(sql, column string, shops []string) (string, map[string]any) {
	condition, params := "1", map[string]any{}
	switch {
	case len(shops) == 1:
		condition, params["shop"] = column+" = {shop:String}", shops[0]
	case len(shops) > 1:
		condition, params["shops"] = column+" IN {shops:Array(String)}", shops
	}
	return strings.ReplaceAll(sql, "{{shops}}", condition), params
}
