package warehouse

import (
	"fmt"
	"strings"
)

// Limits bound what readers ask of the server.
type Limits struct {
	Queries, Seconds int      // of one reader in an hour
	Changeable       []string // settings that a reader may change besides max_execution_time; every other one is locked
}

// DefaultLimits let a dashboard of ten panels reload every two seconds.
func DefaultLimits(changeable []string) Limits {
	return Limits{Queries: 20_000, Seconds: 7_200, Changeable: changeable}
}

// Server is one with SQL access control, and the user of the pipeline there,
// who keeps seeing every row.
type Server struct {
	Cluster Cluster
	Service string
	Limits  Limits
}

const profile = "askbuy_bi"

// role is that of a shop; of ” that of all shops.
func role(shop string) string {
	if shop == "" {
		return identifier(profile)
	}
	return identifier(profile + "_" + shop)
}

// Grant makes a reader. Each shop has a role with its rows and its grants; a
// reader has the roles of its shops, and sees the rows of all of them. A role
// gets its conditions before its grants, because a table without a condition
// shows every row.
func (s Server) Grant(r Reader) []string {
	sql := []string{
		"CREATE SETTINGS PROFILE IF NOT EXISTS " + profile + s.on(),
		"ALTER SETTINGS PROFILE " + profile + s.on() + " SETTINGS " + s.settings(),
		"CREATE ROLE IF NOT EXISTS " + role("") + s.on(),
	}
	for _, a := range (Reader{}).Access() {
		if len(a.Columns) > 0 {
			sql = append(sql, s.policy(role(""), a.Name, "1", role("")+", "+identifier(s.Service)))
		}
	}
	shops := r.Shops
	if len(shops) == 0 {
		shops = []string{""}
	}
	var roles []string
	for _, shop := range shops {
		roles = append(roles, role(shop))
		sql = append(sql, s.role(shop)...)
	}
	name := identifier(r.Name)
	return append(sql,
		fmt.Sprintf("CREATE USER OR REPLACE %s%s IDENTIFIED WITH sha256_hash BY %s SETTINGS PROFILE %s", name, s.on(), quote(r.Hash), quote(profile)),
		fmt.Sprintf("GRANT%s %s TO %s", s.on(), strings.Join(roles, ", "), name),
		fmt.Sprintf("CREATE QUOTA OR REPLACE %s%s KEYED BY user_name FOR INTERVAL 1 hour MAX queries = %d, execution_time = %d TO %s",
			quota(r), s.on(), s.Limits.Queries, s.Limits.Seconds, name))
}

// Revoke takes a reader away. The roles of its shops stay, for others.
func (s Server) Revoke(r Reader) []string {
	return []string{"DROP USER IF EXISTS " + identifier(r.Name) + s.on(), "DROP QUOTA IF EXISTS " + quota(r) + s.on()}
}

func quota(r Reader) string { return identifier(profile + "_" + r.Name) }

func (s Server) on() string {
	if on := s.Cluster.OnCluster(); on != "" {
		return " " + on
	}
	return ""
}

// settings of the profile. A tool that may not change max_execution_time
// passes its connection test and fails at every query.
func (s Server) settings() string {
	list := []string{"readonly = 1", "max_execution_time = 60 MAX 300 CHANGEABLE_IN_READONLY",
		"query_plan_optimize_join_order_limit = 0", "join_use_nulls = 0", "compile_aggregate_expressions = 0"}
	for _, name := range s.Limits.Changeable {
		list = append(list, name+" CHANGEABLE_IN_READONLY")
	}
	return strings.Join(list, ", ")
}

func (s Server) role(shop string) []string {
	r := Reader{}
	if shop != "" {
		r.Shops = []string{shop}
	}
	sql := []string{"CREATE ROLE IF NOT EXISTS " + role(shop) + s.on()}
	for _, a := range r.Access() {
		if a.Rows != "" {
			sql = append(sql, s.policy(role(shop), a.Name, a.Rows, role(shop)))
		}
	}
	for _, grant := range r.Grants() {
		sql = append(sql, strings.Replace(grant, "GRANT ", "GRANT"+s.on()+" ", 1)+" TO "+role(shop))
	}
	return sql
}

func (s Server) policy(name, table, rows, to string) string {
	return fmt.Sprintf("CREATE ROW POLICY OR REPLACE %s%s ON %s FOR SELECT USING %s TO %s", name, s.on(), table, rows, to)
}
