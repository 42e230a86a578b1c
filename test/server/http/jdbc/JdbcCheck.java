import com.clickhouse.jdbc.Driver;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.Properties;

/**
 * Reads and writes a served copy by ClickHouse's JDBC driver. Arguments: URL, password, then properties
 * of the driver as name and value. Prints a line for each thing that was tried: its name, and what came.
 */
final class JdbcCheck {
  private interface Step {
    String run() throws Exception;
  }

  private final Connection connection;

  private JdbcCheck(Connection connection) {
    this.connection = connection;
  }

  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.put("user", "default");
    properties.put("password", args[1]);
    for (int at = 2; at < args.length; at += 2) properties.put(args[at], args[at + 1]);
    try (Connection connection = new Driver().connect(args[0], properties)) {
      new JdbcCheck(connection).run();
    }
  }

  private void run() throws Exception {
    var meta = connection.getMetaData();
    tell("valid", () -> String.valueOf(connection.isValid(5)));
    tell("tables", () -> column(meta.getTables(null, "db", "%", null), "TABLE_NAME"));
    tell("remarks", () -> column(meta.getTables(null, "db", "t", new String[] {"TABLE"}), "REMARKS"));
    tell("columns", () -> column(meta.getColumns(null, "db", "t", "%"), "COLUMN_NAME"));
    tell("types", () -> column(meta.getColumns(null, "db", "t", "%"), "TYPE_NAME"));
    tell("keys", () -> column(meta.getPrimaryKeys(null, "db", "t"), "COLUMN_NAME"));
    tell("rows", () -> rows("SELECT * FROM db.t ORDER BY k"));
    tell("prepared", this::prepared);
    tell("batch", this::batch);
    tell("written", () -> rows("SELECT count(), min(v), max(n) FROM db.j"));
    tell("streamed", this::stream);
    tell("unknown", () -> failure("SELECT nosuch"));
    tell("cancelled", this::cancelled);
    tell("running", () -> rows("SELECT count() FROM system.processes WHERE query LIKE '%JdbcCancel%' AND query NOT LIKE '%processes%'"));
    tell("values", () -> rows("SELECT * FROM db.types"));
    // Last, since the driver drops a connection whose answer was cut.
    tell("late", () -> late());
  }

  private static void tell(String name, Step step) {
    String found;
    try {
      found = step.run();
    } catch (Exception error) {
      found = "failed: " + error + " by " + error.getCause();
    }
    System.out.println(name + "=" + found.replace("\n", " "));
  }

  private String prepared() throws SQLException {
    try (PreparedStatement query = connection.prepareStatement("SELECT ?, ?, ?")) {
      query.setString(1, "it's\t\\");
      query.setLong(2, 5);
      query.setTimestamp(3, Timestamp.valueOf("2026-01-02 03:04:05"));
      return rows(query.executeQuery());
    }
  }

  private String batch() throws SQLException {
    try (Statement make = connection.createStatement()) {
      make.execute("CREATE TABLE db.j (k Int64, v String, n Nullable(Int32)) ENGINE = MutableMergeTree ORDER BY k");
    }
    String sql = "INSERT INTO db.j (k, v, n) VALUES (?, ?, ?)";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      for (int key = 0; key < 1000; key += 1) {
        insert.setLong(1, key % 900);
        insert.setString(2, "it's\t\\" + key);
        insert.setObject(3, key % 2 == 0 ? null : key);
        insert.addBatch();
      }
      return String.valueOf(Arrays.stream(insert.executeBatch()).sum());
    }
  }

  private String stream() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery("SELECT number, toString(number) FROM numbers(1000000)")) {
      long count = 0;
      long sum = 0;
      while (found.next()) {
        count += 1;
        sum += found.getLong(1) - Long.parseLong(found.getString(2)) + 1;
      }
      return count + " " + sum;
    }
  }

  private String failure(String sql) {
    try (Statement statement = connection.createStatement()) {
      return rows(statement.executeQuery(sql));
    } catch (SQLException error) {
      return String.valueOf(error.getErrorCode());
    }
  }

  private String late() throws SQLException {
    String sql = "SELECT number, throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000";
    long count = 0;
    // Closing what was cut is an error as well.
    try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(sql)) {
      while (found.next()) count += 1;
    } catch (SQLException error) {
      return count < 1_000_000 ? "an error" : "an error after all rows";
    }
    return count + " rows and no error";
  }

  private String cancelled() throws Exception {
    Statement statement = connection.createStatement();
    String sql = "SELECT count() FROM system.numbers WHERE NOT ignore(number, 'JdbcCancel')";
    Thread canceller =
        new Thread(
            () -> {
              try (Statement other = connection.createStatement()) {
                String running = "SELECT count() FROM system.processes WHERE query LIKE '%JdbcCancel%' AND query NOT LIKE '%processes%'";
                while (rows(other.executeQuery(running)).equals("[0]")) Thread.sleep(5);
                statement.cancel();
              } catch (Exception error) {
                System.out.println("cancel=" + error);
              }
            });
    canceller.start();
    try {
      statement.executeQuery(sql);
      return "it ended";
    } catch (SQLException error) {
      return String.valueOf(error.getErrorCode());
    } finally {
      canceller.join();
    }
  }

  private static String column(ResultSet found, String name) throws SQLException {
    StringBuilder text = new StringBuilder();
    while (found.next()) text.append(text.isEmpty() ? "" : ",").append(found.getString(name));
    return text.toString();
  }

  private String rows(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return rows(statement.executeQuery(sql));
    }
  }

  private static String rows(ResultSet found) throws SQLException {
    int width = found.getMetaData().getColumnCount();
    StringBuilder text = new StringBuilder();
    while (found.next()) {
      text.append('[');
      for (int at = 1; at <= width; at += 1) {
        Object value = found.getObject(at);
        if (value instanceof Array array) value = Arrays.deepToString((Object[]) array.getArray());
        text.append(at == 1 ? "" : "|").append(value);
      }
      text.append(']');
    }
    return text.toString();
  }
}
