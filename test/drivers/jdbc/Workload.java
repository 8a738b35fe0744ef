import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Everything that the JDBC driver offers, printed as it comes. Where to connect to comes from libpq's environment. */
public final class Workload {
  private static final String LOOKUP = "SELECT id, name, email, created_at FROM support.customers WHERE id = ?";
  private static final String[] QUERY_MODES = {"extended", "extendedForPrepared", "extendedCacheEverything", "simple"};

  public static void main(String[] arguments) throws Exception {
    if (arguments.length > 0) {
      signIn();
      return;
    }
    for (String mode : QUERY_MODES) {
      try (Connection connection = connect("preferQueryMode", mode)) {
        queries(connection, mode);
        writes(connection, mode);
        errors(connection, mode);
      }
    }
    try (Connection connection = connect()) {
      preparedByTheServer(connection);
      fetchSize(connection);
      batches(connection);
      transactions(connection);
      updatableResults(connection);
      copying(connection);
      notices(connection);
      cancelling(connection);
      connectionState(connection);
    }
    try (Connection connection = connect()) {
      metadata(connection);
      refusals(connection);
    }
    try (Connection connection = connect("reWriteBatchedInserts", "true", "binaryTransfer", "true", "prepareThreshold", "-1")) {
      section("binary from the first execution");
      for (int i = 0; i < 3; i++) lookUp(connection, 4711 + i);
      insertNotes(connection);
    }
    try (Connection connection = connect("autosave", "always", "cleanupSavepoints", "true")) {
      autosave(connection);
    }
  }

  /** Gets in or does not: nothing else is tried. */
  private static void signIn() throws SQLException {
    try (Connection connection = connect()) {
      lookUp(connection, 4711);
    } catch (SQLException error) {
      System.out.println(error.getSQLState());
    }
  }

  private static Connection connect(String... more) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    if (System.getenv("PGOPTIONS") != null) properties.setProperty("options", System.getenv("PGOPTIONS"));
    if (System.getenv("SSLMODE") != null) properties.setProperty("sslmode", System.getenv("SSLMODE"));
    if (System.getenv("SSLROOTCERT") != null) properties.setProperty("sslrootcert", System.getenv("SSLROOTCERT"));
    for (int i = 0; i < more.length; i += 2) properties.setProperty(more[i], more[i + 1]);
    String place = System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
    return DriverManager.getConnection("jdbc:postgresql://" + place, properties);
  }

  private static void queries(Connection connection, String mode) throws SQLException {
    section("queries, " + mode);
    query(connection, "SELECT 1 AS a, 'é' AS b, NULL AS c, 1.50::numeric, '{1,2}'::int[], true, now() IS NULL");
    query(connection, "SELECT * FROM support.products ORDER BY id");
    for (int i = 0; i < 8; i++) lookUp(connection, 4711 + i);
    query(connection, "SELECT *, upper(name) AS loud FROM support.customers c WHERE id BETWEEN 4001 AND 4005 ORDER BY id");
    query(connection, "SELECT c.name, t.number, m.body FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id"
        + " LEFT JOIN support.messages m ON m.ticket_id = t.id WHERE c.id < 4020 ORDER BY c.id, t.id, m.id");
    query(connection, "SELECT 1; SELECT name FROM support.customers WHERE id = 4711; SELECT 2");
    try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM support.customers WHERE id = ANY (?) AND country <> ? ORDER BY id")) {
      Array ids = connection.createArrayOf("bigint", new Long[] {4001L, 4002L, 4711L});
      statement.setArray(1, ids);
      statement.setString(2, "nowhere");
      describeParameters(statement);
      show(statement.executeQuery());
    }
  }

  private static void describeParameters(PreparedStatement statement) {
    try {
      ParameterMetaData parameters = statement.getParameterMetaData();
      for (int i = 1; i <= parameters.getParameterCount(); i++) System.out.println("parameter " + parameters.getParameterTypeName(i));
      ResultSetMetaData columns = statement.getMetaData();
      System.out.println(columns == null ? "no columns" : "columns " + columns.getColumnCount());
    } catch (SQLException error) {
      print(error);
    }
  }

  private static void lookUp(Connection connection, long id) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(LOOKUP)) {
      statement.setLong(1, id);
      show(statement.executeQuery());
    }
  }

  private static void writes(Connection connection, String mode) throws SQLException {
    section("writes, " + mode);
    connection.setAutoCommit(false);
    update(connection, "UPDATE support.tickets SET status = 'closed' WHERE customer_id = 4711");
    query(connection, "UPDATE support.tickets SET status = 'open' WHERE customer_id = 4711 RETURNING id, status");
    insertNotes(connection);
    update(connection, "DELETE FROM support.notes WHERE id >= 900001");
    connection.rollback();
    connection.setAutoCommit(true);
  }

  private static void insertNotes(Connection connection) throws SQLException {
    boolean before = connection.getAutoCommit();
    connection.setAutoCommit(false);
    String insert = "INSERT INTO support.notes (id, external_id, author, body, at) VALUES (?, ?, ?, ?, now())";
    try (PreparedStatement statement = connection.prepareStatement(insert, Statement.RETURN_GENERATED_KEYS)) {
      for (long id = 900001; id < 900006; id++) {
        statement.setLong(1, id);
        statement.setString(2, "caller-" + id);
        statement.setString(3, "agent");
        statement.setString(4, "hello");
        statement.addBatch();
      }
      System.out.println(Arrays.toString(statement.executeBatch()));
      try (ResultSet keys = statement.getGeneratedKeys()) {
        while (keys.next()) System.out.println(keys.getLong(1) + " of " + keys.getMetaData().getColumnCount() + " columns");
      }
    }
    connection.rollback();
    connection.setAutoCommit(before);
  }

  private static void errors(Connection connection, String mode) throws SQLException {
    section("errors, " + mode);
    for (String sql : new String[] {
      "SELECT nope FROM support.customers", "SELECT * FROM support.nothing", "SELEC 1", "SELECT 1/0", "SELECT 1 +",
      "SELECT name FROM support.customers WHERE id = 'x'", "INSERT INTO support.products VALUES (1, NULL, NULL)",
      "INSERT INTO support.teams VALUES (1, 'again')", "FETCH 1 FROM nothing", "", "SELECT 'é', nope FROM support.products",
    }) query(connection, sql);
  }

  private static void preparedByTheServer(Connection connection) throws SQLException {
    section("prepared by the server");
    try (PreparedStatement statement = connection.prepareStatement(LOOKUP)) {
      statement.unwrap(org.postgresql.PGStatement.class).setPrepareThreshold(2);
      describeParameters(statement);
      for (long id = 4711; id < 4717; id++) {
        statement.setLong(1, id);
        show(statement.executeQuery());
        System.out.println(statement.unwrap(org.postgresql.PGStatement.class).isUseServerPrepare());
      }
    }
    try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM support.products WHERE id = ?")) {
      for (int id = 1; id < 9; id++) {
        statement.setInt(1, id);
        show(statement.executeQuery());
      }
    }
  }

  private static void fetchSize(Connection connection) throws SQLException {
    section("fetch size");
    connection.setAutoCommit(false);
    for (String sql : new String[] {"SELECT id, name FROM support.customers ORDER BY id LIMIT 40", "SELECT id, name FROM support.products ORDER BY id"}) {
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setFetchSize(7);
        show(statement.executeQuery());
        try (ResultSet abandoned = statement.executeQuery()) {
          System.out.println(abandoned.next() + " " + abandoned.getString(1));
        }
        statement.setMaxRows(3);
        show(statement.executeQuery());
      }
    }
    try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)) {
      ResultSet rows = statement.executeQuery("SELECT id, name FROM support.customers WHERE id < 4005 ORDER BY id");
      System.out.println(rows.last() + " " + rows.getString(2) + " " + rows.first() + " " + rows.getString(2));
    }
    connection.rollback();
    connection.setAutoCommit(true);
  }

  private static void batches(Connection connection) throws SQLException {
    section("batches");
    insertNotes(connection);
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("UPDATE support.tickets SET status = 'closed' WHERE customer_id = 4711");
      statement.addBatch("UPDATE support.tickets SET status = 'nonsense' WHERE customer_id = 4711");
      statement.addBatch("UPDATE support.tickets SET status = 'open' WHERE customer_id = 4711");
      System.out.println(Arrays.toString(statement.executeBatch()));
    } catch (BatchUpdateException error) {
      System.out.println(Arrays.toString(error.getUpdateCounts()) + " " + error.getSQLState() + " " + error.getNextException().getSQLState());
    }
    connection.rollback();
    connection.setAutoCommit(true);
  }

  private static void transactions(Connection connection) throws SQLException {
    section("transactions");
    connection.setAutoCommit(false);
    Savepoint savepoint = connection.setSavepoint("a");
    query(connection, "SELECT 1/0");
    query(connection, "SELECT name FROM support.customers WHERE id = 4711");
    connection.rollback(savepoint);
    lookUp(connection, 4711);
    connection.releaseSavepoint(savepoint);
    connection.commit();
    connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    connection.setReadOnly(true);
    lookUp(connection, 4712);
    update(connection, "UPDATE support.tickets SET status = 'open' WHERE id = -1");
    connection.rollback();
    connection.setReadOnly(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    connection.setAutoCommit(true);
  }

  private static void updatableResults(Connection connection) throws SQLException {
    section("updatable results");
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
      ResultSet rows = statement.executeQuery("SELECT id, status, number FROM support.tickets WHERE customer_id = 4711 ORDER BY id");
      if (rows.next()) {
        rows.updateString("status", "closed");
        rows.updateRow();
        rows.refreshRow();
        System.out.println(rows.getString("status") + " " + rows.getMetaData().getColumnCount());
      }
    } catch (SQLException error) {
      print(error);
    }
    connection.rollback();
    connection.setAutoCommit(true);
  }

  private static void copying(Connection connection) throws Exception {
    section("copying");
    CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
    for (String sql : new String[] {
      "COPY (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)",
      "COPY support.products TO STDOUT",
    }) {
      StringWriter out = new StringWriter();
      System.out.println(copy.copyOut(sql, out) + "\n" + out);
    }
    update(connection, "CREATE TEMP TABLE mine (a int, b text)");
    System.out.println(copy.copyIn("COPY mine FROM STDIN", new StringReader("1\tone\n2\ttwo\n")));
    try {
      copy.copyIn("COPY mine FROM STDIN", new StringReader("x\tone\n"));
    } catch (SQLException error) {
      print(error);
    }
    query(connection, "SELECT a, b FROM mine ORDER BY a");
    update(connection, "DROP TABLE mine");
  }

  private static void notices(Connection connection) throws SQLException {
    section("notices and notifications");
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMP TABLE noticed (a int)");
      statement.execute("CREATE TEMP TABLE IF NOT EXISTS noticed (a int)");
      for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
        System.out.println(warning.getSQLState() + " " + warning.getMessage());
      }
      statement.execute("LISTEN news");
      statement.execute("NOTIFY news, 'hello'");
      PGConnection own = connection.unwrap(PGConnection.class);
      for (PGNotification notification : own.getNotifications(5000)) {
        System.out.println(notification.getName() + " " + notification.getParameter() + " " + (notification.getPID() == own.getBackendPID()));
      }
      ResultSet pid = statement.executeQuery("SELECT pg_backend_pid()");
      pid.next();
      System.out.println(pid.getInt(1) == own.getBackendPID());
    }
  }

  private static void cancelling(Connection connection) throws Exception {
    section("cancelling");
    String slow = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b";
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      statement.executeQuery(slow);
    } catch (SQLException error) {
      print(error);
    }
    query(connection, "SET statement_timeout = 200");
    query(connection, slow);
    query(connection, "RESET statement_timeout");
    lookUp(connection, 4711);
  }

  private static void connectionState(Connection connection) throws SQLException {
    section("the connection");
    System.out.println(connection.isValid(5) + " " + connection.getSchema() + " " + connection.getAutoCommit());
    connection.setSchema("support");
    query(connection, "SELECT name FROM customers WHERE id = 4711");
    connection.setSchema("public");
    connection.setClientInfo("ApplicationName", "workload");
    query(connection, "SHOW application_name");
    query(connection, "SELECT current_user, current_setting('role')");
    System.out.println(connection.unwrap(PGConnection.class).getParameterStatuses());
    query(connection, "DISCARD ALL");
    lookUp(connection, 4711);
  }

  private static void metadata(Connection connection) throws SQLException {
    DatabaseMetaData metadata = connection.getMetaData();
    section("metadata: product");
    System.out.println(metadata.getDatabaseProductName() + " " + metadata.getDatabaseProductVersion() + " " + metadata.getMaxConnections());
    System.out.println(metadata.getSQLKeywords().length() + " " + metadata.getStringFunctions().length() + " " + metadata.getMaxColumnsInIndex());
    section("metadata: schemas and catalogs");
    show(metadata.getSchemas());
    System.out.println(metadata.getCatalogs().next());
    show(metadata.getTableTypes());
    section("metadata: tables");
    show(metadata.getTables(null, "support", "%", null));
    show(metadata.getTables(null, null, "customers", new String[] {"TABLE", "VIEW"}));
    section("metadata: columns");
    show(metadata.getColumns(null, "support", "%", "%"));
    section("metadata: keys");
    for (String table : new String[] {"customers", "tickets", "messages"}) {
      show(metadata.getPrimaryKeys(null, "support", table));
      show(metadata.getImportedKeys(null, "support", table));
      show(metadata.getExportedKeys(null, "support", table));
      show(metadata.getIndexInfo(null, "support", table, false, true));
      show(metadata.getBestRowIdentifier(null, "support", table, DatabaseMetaData.bestRowSession, true));
      show(metadata.getVersionColumns(null, "support", table));
    }
    show(metadata.getCrossReference(null, "support", "customers", null, "support", "tickets"));
    section("metadata: privileges");
    show(metadata.getTablePrivileges(null, "support", "customers"));
    show(metadata.getColumnPrivileges(null, "support", "tickets", "status"));
    section("metadata: functions and types");
    show(metadata.getProcedures(null, "support", "%"));
    show(metadata.getFunctions(null, "pg_catalog", "upper"));
    show(metadata.getFunctionColumns(null, "pg_catalog", "upper", "%"));
    show(metadata.getTypeInfo());
    show(metadata.getUDTs(null, "support", "%", null));
    show(metadata.getClientInfoProperties());
    section("metadata: of a result");
    try (Statement statement = connection.createStatement()) {
      ResultSetMetaData columns = statement.executeQuery("SELECT c.*, c.id + 1 AS next FROM support.customers c LIMIT 0").getMetaData();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        System.out.println(columns.getColumnName(i) + " " + columns.getTableName(i) + " " + columns.getSchemaName(i) + " "
            + columns.isAutoIncrement(i) + " " + columns.isNullable(i) + " " + columns.getColumnTypeName(i) + " "
            + columns.getPrecision(i) + " " + columns.getColumnDisplaySize(i) + " " + columns.getColumnClassName(i));
      }
    }
  }

  private static void refusals(Connection connection) throws SQLException {
    section("an unclassified table");
    query(connection, "SELECT count(*) FROM support.outbox");
    section("another role");
    query(connection, "SET ROLE whosaw_gw");
    query(connection, "RESET ROLE");
    section("hidden values");
    query(connection, "UPDATE support.customers SET email = 'x' WHERE email::int = 1");
  }

  private static void autosave(Connection connection) throws SQLException {
    section("autosave");
    connection.setAutoCommit(false);
    lookUp(connection, 4711);
    query(connection, "SELECT 1/0");
    lookUp(connection, 4712);
    connection.commit();
  }

  private static void query(Connection connection, String sql) {
    System.out.println("-- " + sql);
    try (Statement statement = connection.createStatement()) {
      boolean rows = statement.execute(sql);
      while (rows || statement.getUpdateCount() != -1) {
        if (rows) show(statement.getResultSet());
        else System.out.println("update count " + statement.getUpdateCount());
        rows = statement.getMoreResults();
      }
    } catch (SQLException error) {
      print(error);
    }
  }

  private static void update(Connection connection, String sql) {
    System.out.println("-- " + sql);
    try (Statement statement = connection.createStatement()) {
      System.out.println(statement.executeUpdate(sql));
    } catch (SQLException error) {
      print(error);
    }
  }

  private static void show(ResultSet rows) throws SQLException {
    ResultSetMetaData columns = rows.getMetaData();
    StringBuilder line = new StringBuilder();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      line.append(columns.getColumnLabel(i)).append(' ').append(columns.getColumnTypeName(i)).append(" | ");
    }
    System.out.println(line);
    while (rows.next()) {
      line.setLength(0);
      for (int i = 1; i <= columns.getColumnCount(); i++) line.append(rows.getString(i)).append(" | ");
      System.out.println(line);
    }
    rows.close();
  }

  /** All fields but where in the server's source the error was raised. */
  private static void print(SQLException error) {
    System.out.println(error.getClass().getSimpleName() + " " + error.getSQLState());
    ServerErrorMessage server = error instanceof PSQLException own ? own.getServerErrorMessage() : null;
    if (server == null) System.out.println(error.getMessage());
    else System.out.println(String.join(" | ", Arrays.asList(server.getSeverity(), server.getMessage(), server.getDetail(), server.getHint(),
        String.valueOf(server.getPosition()), server.getWhere(), server.getSchema(), server.getTable(), server.getColumn(),
        server.getDatatype(), server.getConstraint(), server.getInternalQuery())));
  }

  private static void section(String name) {
    System.out.println("== " + name);
  }
}
