package com.theflash.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client against a real server. */
@Timeout(600)
class ClientTest {
  private static final long ROWS = 300_000;

  /** Runs for minutes, and gives a batch each tenth of a second. */
  private static final String SLOW_SQL =
      "SELECT number, sleepEachRow(0.001) FROM numbers(1000000) SETTINGS max_block_size = 100";

  private static ServeProcess server;
  private final RootAllocator allocator = new RootAllocator();

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute(
        "CREATE DATABASE shop; CREATE TABLE shop.numbers (id Int64, half Nullable(Float64)) "
            + "ENGINE = MutableMergeTree ORDER BY (id); "
            + "INSERT INTO shop.numbers SELECT number, number / 2 FROM numbers("
            + ROWS
            + ")");
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  /** Every test ends with all bytes given back. */
  @AfterEach
  void closeAllocator() {
    assertEquals(0, allocator.getAllocatedMemory());
    allocator.close();
  }

  @Test
  void describesTables() throws IOException {
    TableInfo table = server.client().describeTable("shop", "numbers", true);
    assertEquals(List.of("id"), table.primaryKey());
    assertEquals(ROWS, table.rows());
    assertEquals("Nullable(Float64)", table.columns().get(1).engineType());
    FlashException error =
        assertThrows(
            FlashException.class, () -> server.client().describeTable("shop", "nothing", false));
    assertEquals("NOT_FOUND", error.code());
  }

  @Test
  void splitsGiveEachRowOnceAndAgain() throws IOException {
    Plan plan = server.client().plan(request(4, 4));
    assertEquals(4, plan.splits().size());
    for (int round = 0; round < 2; round += 1) {
      long rows = 0;
      long sum = 0;
      for (Plan.Split split : plan.splits()) {
        try (ArrowResult result = scan(server.client(), split.ticket(), () -> false)) {
          while (result.next()) {
            BigIntVector ids = (BigIntVector) result.root().getVector("id");
            for (int row = 0; row < result.root().getRowCount(); row += 1) {
              sum += ids.get(row);
            }
          }
          assertFalse(result.next());
          rows += result.rows();
        }
      }
      assertEquals(ROWS, rows);
      assertEquals(ROWS * (ROWS - 1) / 2, sum);
    }
  }

  @Test
  void aResultThatIsClosedEarlyEndsOnTheServer() throws Exception {
    try (ArrowResult result = server.client().query(SLOW_SQL, allocator)) {
      assertTrue(result.next());
      assertEquals(1, openScans());
    }
    waitUntil(() -> openScans() == 0);
  }

  @Test
  void anInterruptedReaderStopsWhileTheServerIsSilent() throws Exception {
    Plan plan = server.client().plan(request(1, 1));
    try (ArrowResult result = scan(server.client(), plan.splits().get(0).ticket(), () -> true)) {
      assertTrue(result.next());
    }
    Instant start = Instant.now();
    FlashException error =
        assertThrows(
            FlashException.class,
            () -> {
              try (Connection connection =
                  Connection.open(server.endpoint(), ClientOptions.defaults())) {
                connection.setInterrupted(() -> true);
                connection.request(
                    MessageType.EXECUTE,
                    Json.object().put("sql", SLOW_SQL).put("timeoutMs", 0),
                    MessageType.EXECUTE_OK);
              }
            });
    assertEquals("CANCELLED", error.code());
    // The statement runs for a quarter of an hour.
    assertTrue(Duration.between(start, Instant.now()).toSeconds() < 60);
  }

  @Test
  void aServerThatIsKilledGivesAnErrorAndNoShortResult() throws Exception {
    try (ServeProcess victim = ServeProcess.start()) {
      try (ArrowResult result = victim.client().query(SLOW_SQL, allocator)) {
        assertTrue(result.next());
        victim.kill();
        FlashException error =
            assertThrows(
                FlashException.class,
                () -> {
                  while (result.next()) {
                    assertTrue(result.rows() < 1_000_000);
                  }
                });
        assertEquals(FlashException.CONNECTION, error.code());
      }
    }
  }

  @Test
  void theServersErrorsKeepTheirCode() {
    FlashException error =
        assertThrows(FlashException.class, () -> server.client().execute("SELEC 1"));
    assertEquals("INVALID_REQUEST", error.code());
    assertFalse(error.isFatal());
    FlashException ticket =
        assertThrows(
            FlashException.class, () -> scan(server.client(), "forged", () -> false).close());
    assertEquals("TICKET", ticket.code());
  }

  @Test
  void aTokenIsProvenByBothSides(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("token"), "one token of thirty-two letters.");
    try (ServeProcess secured = ServeProcess.start("--token-file", file.toString())) {
      List<Endpoint> endpoints = List.of(secured.endpoint());
      ClientOptions right = ClientOptions.defaults().withToken("one token of thirty-two letters.");
      assertEquals(0, new FlashClient(endpoints, right).listTables(null).size());
      for (ClientOptions wrong :
          List.of(ClientOptions.defaults(), right.withToken("another token"))) {
        FlashException error =
            assertThrows(
                FlashException.class, () -> new FlashClient(endpoints, wrong).listTables(null));
        assertEquals("AUTH", error.code());
        assertFalse(error.getMessage().contains("thirty-two"));
        assertFalse(wrong.toString().contains("another"));
      }
    }
  }

  @Test
  void tlsChecksTheCertificate(@TempDir Path folder) throws Exception {
    TestCertificate made = TestCertificate.make(folder, "localhost");
    String pem = Files.readString(made.certificate());
    String cert = made.certificate().toString();
    String key = made.key().toString();
    try (ServeProcess secured = ServeProcess.start("--tls-cert", cert, "--tls-key", key)) {
      List<Endpoint> endpoints = List.of(new Endpoint("localhost", secured.endpoint().port()));
      ClientOptions right = ClientOptions.defaults().withTls(pem);
      assertEquals(0, new FlashClient(endpoints, right).listTables(null).size());
      ClientOptions untrusting = ClientOptions.defaults().withTls(null);
      FlashException refused =
          assertThrows(
              FlashException.class, () -> new FlashClient(endpoints, untrusting).listTables(null));
      assertEquals(FlashException.Retry.AFTER_REPAIR, refused.retry());
      FlashException plain =
          assertThrows(
              FlashException.class,
              () -> new FlashClient(endpoints, ClientOptions.defaults()).listTables(null));
      assertEquals("PROTOCOL", plain.code());
    }
  }

  @Test
  void theCopyThatAnswersIsAsked() throws IOException {
    int closedPort;
    try (ServerSocket socket = new ServerSocket(0)) {
      closedPort = socket.getLocalPort();
    }
    List<Endpoint> copies = List.of(new Endpoint("127.0.0.1", closedPort), server.endpoint());
    assertEquals(1, new FlashClient(copies, ClientOptions.defaults()).listTables("shop").size());
    FlashException error =
        assertThrows(
            FlashException.class,
            () ->
                new FlashClient(copies.subList(0, 1), oneTry(ClientOptions.defaults()))
                    .listTables(null));
    assertEquals(FlashException.CONNECTION, error.code());
  }

  @Test
  void endpointsAreParsed() throws FlashException {
    assertEquals(
        List.of(
            List.of(new Endpoint("a", 1), new Endpoint("b", 9330)),
            List.of(new Endpoint("::1", 2))),
        Endpoint.parseShards("a:1|b,tcp://[::1]:2"));
    for (String wrong : List.of("", "a:", "a:0", "a:x", "a,,b", "a:1/x", "a:70000")) {
      assertThrows(FlashException.class, () -> Endpoint.parseShards(wrong), wrong);
    }
  }

  private ArrowResult scan(FlashClient client, String ticket, BooleanSupplier interrupted)
      throws FlashException {
    BufferAllocator child = allocator;
    return client.scan(ticket, child, interrupted);
  }

  private static PlanRequest request(int splitsMin, int splitsMax) {
    return new PlanRequest(
        "shop",
        "numbers",
        List.of("id"),
        null,
        null,
        List.of(),
        null,
        splitsMin,
        splitsMax,
        1 << 30,
        null,
        null);
  }

  private static ClientOptions oneTry(ClientOptions options) {
    return new ClientOptions(
        options.client(),
        options.token(),
        options.user(),
        options.tls(),
        options.caPem(),
        true,
        2000,
        60_000,
        options.creditBytes(),
        0);
  }

  private static int openScans() {
    try {
      return server.client().status().path("openScans").size();
    } catch (FlashException error) {
      throw new IllegalStateException(error);
    }
  }

  private static void waitUntil(BooleanSupplier condition) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(180);
    while (!condition.getAsBoolean()) {
      assertTrue(Instant.now().isBefore(end), "the condition never came");
      Thread.sleep(20);
    }
  }
}
