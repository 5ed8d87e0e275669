import java.net.URI;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/**
 * Reads askbuy's views with clickhouse-jdbc, as FineBI, DataEase and Metabase do.
 * ASKBUY_BI_URL (http://host:8123), ASKBUY_BI_USER and ASKBUY_BI_PASSWORD say where and as whom.
 * Run it with: java -cp 'libs/*' Client.java, where libs holds clickhouse-jdbc's file that ends in -all.jar and
 * slf4j-api.
 */
public class Client {
    public static void main(String[] args) throws Exception {
        Class.forName("com.clickhouse.jdbc.ClickHouseDriver"); // the class that BI tools ask for
        URI at = URI.create(System.getenv("ASKBUY_BI_URL"));
        Properties who = new Properties();
        who.setProperty("user", System.getenv("ASKBUY_BI_USER"));
        who.setProperty("password", System.getenv("ASKBUY_BI_PASSWORD"));
        try (Connection connection = DriverManager.getConnection("jdbc:clickhouse://" + at.getHost() + ":" + at.getPort() + "/bi", who)) {
            DatabaseMetaData server = connection.getMetaData();
            System.out.printf("start-up: %s %s, driver %s%n", server.getDatabaseProductName(), server.getDatabaseProductVersion(), server.getDriverVersion());
            look(server);
            ask(connection);
            beRefused(connection);
        }
    }

    private static void look(DatabaseMetaData server) throws SQLException {
        int views = 0, columns = 0;
        try (ResultSet tables = server.getTables(null, "bi", "%", null)) {
            while (tables.next()) {
                views++;
            }
        }
        try (ResultSet found = server.getColumns(null, "bi", "conversations", "%")) {
            while (found.next()) {
                columns++;
                if (found.getString("REMARKS").isEmpty()) {
                    throw new IllegalStateException(found.getString("COLUMN_NAME") + " has no comment");
                }
            }
        }
        if (views < 15 || columns < 20) {
            throw new IllegalStateException("too few: " + views + " views, " + columns + " columns");
        }
        System.out.printf("introspection: %d views, %d columns of conversations%n", views, columns);
    }

    private static void ask(Connection connection) throws SQLException {
        String sql = "SELECT sum(conversations) AS n, sum(high_intent) AS high, sum(net_amount) AS net FROM funnel_daily WHERE day >= ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setObject(1, java.time.LocalDate.of(2020, 1, 1));
            try (ResultSet row = query.executeQuery()) {
                if (!row.next() || row.getLong("n") == 0) {
                    throw new IllegalStateException("the funnel is empty");
                }
                System.out.printf("query: %d conversations, %d of high intent, net %s%n", row.getLong("n"), row.getLong("high"), row.getBigDecimal("net"));
            }
        }
        int read = 0;
        try (Statement query = connection.createStatement(); ResultSet rows = query.executeQuery("SELECT conv_id, started_at, buy_score, is_ordered FROM conversations LIMIT 1000")) {
            while (rows.next()) {
                rows.getTimestamp("started_at");
                rows.getDouble("buy_score");
                read++;
            }
        }
        System.out.printf("rows: %d conversations%n", read);
    }

    private static void beRefused(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE bi.x (a Int8) ENGINE = Memory");
        } catch (SQLException refused) {
            System.out.println("refusal: " + (refused.getMessage().contains("READONLY") ? "READONLY" : "ACCESS_DENIED"));
            return;
        }
        throw new IllegalStateException("a reader may create a table");
    }
}
