package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ClientOptions;
import com.theflash.client.Endpoint;
import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import com.theflash.client.ServeProcess;
import com.theflash.client.TestCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server with a certificate and a token: who gets in, and where the token is to be seen. */
@Timeout(600)
class SecuredServerTest {
  private static final String TOKEN = "kept-from-all-eyes-0123456789abcdef";
  private static final String PASSWORD = "kept-from-all-eyes-of-others";

  /** As theflash hash-password gives it for PASSWORD. */
  private static final String HASH =
      "$scrypt$ln=15,r=8,p=1$0jFizxMq6P0UB0834ay4/Q$2jHF+T0TKNs4DkPyKT4mmijS6THhad8U7R9PXMUmFds";

  @TempDir private static Path folder;
  private static ServeProcess server;
  private static TestCertificate certificate;

  @BeforeAll
  static void startServer() throws Exception {
    certificate = TestCertificate.make(folder, "localhost");
    Path token = Files.writeString(folder.resolve("token"), TOKEN);
    Path users = folder.resolve("users.json");
    Files.createFile(
        users, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        users, "{\"users\":{\"spark\":{\"password\":\"" + HASH + "\",\"read\":[\"open.*\"]}}}");
    server =
        ServeProcess.start(
            "--users-file", users.toString(),
            "--tls-cert", certificate.certificate().toString(),
            "--tls-key", certificate.key().toString(),
            "--token-file", token.toString());
  }

  @AfterAll
  static void stopServer() throws IOException {
    SparkTestSession.stop();
    server.close();
  }

  @AfterEach
  void nothingLeaks() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
  }

  @Test
  void theTokenIsInNoPlanNoEventAndNoLog() throws IOException {
    Path events = Files.createDirectory(folder.resolve("events"));
    try (LogCapture log = LogCapture.begin()) {
      SparkTestSession.start(
          Map.of(
              "spark.logConf",
              "true",
              "spark.eventLog.enabled",
              "true",
              "spark.eventLog.dir",
              events.toUri().toString(),
              "spark.eventLog.compress",
              "false",
              "spark.sql.catalog.secured",
              FlashCatalog.class.getName(),
              "spark.sql.catalog.secured.endpoints",
              endpoint("localhost"),
              "spark.sql.catalog.secured.ssl.ca",
              certificate.certificate().toString(),
              "spark.sql.catalog.secured.token",
              TOKEN));
      useTheServer();
      SparkTestSession.stop();
      assertEquals(List.of(), log.find(TOKEN));
      // Both hold what is to be found of the token, had it been told.
      assertTrue(!log.find("spark.sql.catalog.secured.token=").isEmpty());
    }
    String told = readAll(events);
    assertFalse(told.contains(TOKEN));
    assertTrue(told.contains("\"spark.sql.catalog.secured.token\":\"*********(redacted)\""));
    assertTrue(told.contains("theflash shop.t "), "the events hold the plans");
  }

  /** Reads and writes, by the catalog and by options, over TLS. */
  private static void useTheServer() {
    sql("CREATE NAMESPACE secured.shop");
    sql("CREATE TABLE secured.shop.t (id INT NOT NULL) TBLPROPERTIES ('primaryKey' = 'id')");
    sql("INSERT INTO secured.shop.t VALUES (1), (2)");
    Dataset<Row> rows = reader("localhost", TOKEN).load("shop.t");
    assertEquals(List.of("[1]", "[2]"), SparkTestSession.sorted(rows));
    rows.selectExpr("id + 10 AS id")
        .write()
        .format("theflash")
        .option("endpoints", endpoint("localhost"))
        .option("ssl.ca", certificate.certificate().toString())
        .option("token", TOKEN)
        .mode("append")
        .save("shop.t");
    assertEquals(4, sql("SELECT * FROM secured.shop.t").size());
    for (String mode : List.of("EXTENDED", "FORMATTED", "CODEGEN", "COST")) {
      for (String of : List.of("SELECT * FROM secured.shop.t", "DELETE FROM secured.shop.t")) {
        String plan = sql("EXPLAIN " + mode + " " + of + " WHERE id > 10").toString();
        assertFalse(plan.contains(TOKEN), plan);
        assertTrue(plan.contains("shop.t"), plan);
      }
    }
    assertFalse(SparkTestSession.explain(rows).contains(TOKEN));
    assertFalse(sql("SET -v").toString().contains(TOKEN));
  }

  @Test
  void aCertificateOfAnotherAuthorityIsRefused() throws Exception {
    TestCertificate other =
        TestCertificate.make(Files.createTempDirectory(folder, ""), "localhost");
    DataFrameReader reader =
        reader("localhost", TOKEN).option("ssl.ca", other.certificate().toString());
    FlashException error = refused(reader);
    assertEquals(FlashException.CONNECTION, error.code());
    assertTrue(error.getMessage().contains("The certificate of localhost"), error.getMessage());
    assertTrue(error.getMessage().contains("ssl.ca"), error.getMessage());
  }

  @Test
  void aCertificateOfAnotherHostIsRefused() {
    FlashException error = refused(reader("127.0.0.1", TOKEN));
    assertEquals(FlashException.CONNECTION, error.code());
    assertTrue(error.getMessage().contains("The certificate of 127.0.0.1"), error.getMessage());
    assertTrue(error.getMessage().contains("host"), error.getMessage());
  }

  @Test
  void aWrongTokenIsRefused() {
    FlashException error = refused(reader("localhost", TOKEN + "!"));
    assertEquals("AUTH", error.code());
    assertFalse(error.toString().contains(TOKEN), error.toString());
  }

  @Test
  void aUserReadsWhatIsHis() throws Exception {
    ClientOptions owner =
        ClientOptions.defaults()
            .withToken(TOKEN)
            .withTls(Files.readString(certificate.certificate()));
    Endpoint at = new Endpoint("localhost", server.endpoint().port());
    FlashClient client = new FlashClient(List.of(at), owner);
    for (String database : List.of("open", "shut")) {
      client.execute("CREATE DATABASE " + database);
      client.execute("CREATE TABLE " + database + ".t (id Int32) ENGINE = MergeTree ORDER BY id");
      client.execute("INSERT INTO " + database + ".t SELECT number FROM numbers(10)");
    }
    DataFrameReader reader = reader("localhost", PASSWORD).option("user", "spark");
    Dataset<Row> rows = reader.load("open.t").filter("id > 3");
    assertEquals(6, rows.count());
    assertEquals(6, rows.collectAsList().size());
    assertEquals("NOT_FOUND", refused(reader, "shut.t").code());
    assertEquals("AUTH", refused(reader("localhost", TOKEN).option("user", "spark")).code());
    Exception written =
        assertThrows(
            Exception.class,
            () ->
                rows.write()
                    .format("theflash")
                    .option("endpoints", endpoint("localhost"))
                    .option("ssl.ca", certificate.certificate().toString())
                    .option("token", PASSWORD)
                    .option("user", "spark")
                    .mode("append")
                    .save("open.t"));
    assertEquals("DENIED", FlashException.findIn(written).orElseThrow().code());
  }

  private static FlashException refused(DataFrameReader reader) {
    return refused(reader, "shop.t");
  }

  private static FlashException refused(DataFrameReader reader, String table) {
    Exception error = assertThrows(Exception.class, () -> reader.load(table));
    FlashException found = FlashException.findIn(error).orElseThrow();
    assertNotEquals(FlashException.Retry.AFTER_BACKOFF, found.retry());
    return found;
  }

  private static DataFrameReader reader(String host, String token) {
    return SparkTestSession.get()
        .read()
        .format("theflash")
        .option("endpoints", endpoint(host))
        .option("ssl.ca", certificate.certificate().toString())
        .option("token", token);
  }

  private static String endpoint(String host) {
    return host + ":" + server.endpoint().port();
  }

  private static List<Row> sql(String text) {
    return SparkTestSession.get().sql(text).collectAsList();
  }

  private static String readAll(Path top) throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.walk(top)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        text.append(Files.readString(each));
      }
    }
    return text.toString();
  }
}
