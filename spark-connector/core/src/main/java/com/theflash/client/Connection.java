package com.theflash.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.function.BooleanSupplier;

/**
 * One connection to a server, logged in: one request at a time.
 *
 * <p>Closing it cancels on the server whatever runs on it. {@link #close} may come from another
 * thread; all else is of one thread.
 */
final class Connection implements AutoCloseable {
  private static final int VERSION = 1;
  private static final BooleanSupplier NEVER = () -> false;

  private final Endpoint endpoint;
  private final Socket socket;
  private final FrameReader reader;
  private final FrameWriter writer;
  private BooleanSupplier interrupted = NEVER;
  private String serverId;
  private long appendBytesMax;
  private int streamId;
  private boolean broken;

  private Connection(Endpoint endpoint, Socket socket) throws IOException {
    this.endpoint = endpoint;
    this.socket = socket;
    // Header and small bodies come by one call; large bodies bypass the buffer.
    this.reader =
        new FrameReader(
            new BufferedInputStream(socket.getInputStream(), 65_536),
            FrameFormat.LOGIN_BODY_BYTES_MAX,
            ClientOptions.MESSAGE_BYTES_MAX);
    this.writer = new FrameWriter(new BufferedOutputStream(socket.getOutputStream(), 65_536));
  }

  /**
   * Connects and logs in.
   *
   * @throws FlashException CONNECTION, AUTH, VERSION, BUSY, PROTOCOL
   */
  static Connection open(Endpoint endpoint, ClientOptions options) throws FlashException {
    Socket socket = SocketOpener.open(endpoint, options);
    try {
      Connection connection = new Connection(endpoint, socket);
      connection.logIn(options);
      return connection;
    } catch (IOException error) {
      SocketOpener.closeQuietly(socket);
      throw asFlashException(endpoint, error);
    }
  }

  Endpoint endpoint() {
    return endpoint;
  }

  /** New with each start of the server. */
  String serverId() {
    return serverId;
  }

  long appendBytesMax() {
    return appendBytesMax;
  }

  /** False after an error that ended the connection. */
  boolean isUsable() {
    return !broken && !socket.isClosed();
  }

  /** Asked whenever the server tells its progress: true ends the request with CANCELLED. */
  void setInterrupted(BooleanSupplier newInterrupted) {
    interrupted = newInterrupted;
  }

  /** Sends a request and gives its one answer. */
  Message request(MessageType type, ObjectNode fields, MessageType answer) throws FlashException {
    begin(type, fields);
    return receive(answer);
  }

  /** Sends a request with a payload and gives its one answer. */
  Message request(MessageType type, ObjectNode fields, ByteBuffer payload, MessageType answer)
      throws FlashException {
    streamId += 1;
    send(type, fields, payload);
    return receive(answer);
  }

  /** Starts a request; its messages carry the same number until the next one. */
  void begin(MessageType type, ObjectNode fields) throws FlashException {
    streamId += 1;
    send(type, fields, null);
  }

  /** Sends a message of the request that runs. */
  void send(MessageType type, ObjectNode fields, ByteBuffer payload) throws FlashException {
    try {
      writer.write(type, streamId, fields, payload);
    } catch (IOException error) {
      throw fail(error);
    }
  }

  /** Gives the next message of the request, which must be of the type named. */
  Message receive(MessageType expected) throws FlashException {
    Message message = receive();
    if (message.type() == expected) {
      return message;
    }
    throw fail(
        FlashException.ofProtocol(
            endpoint + " answers with " + message.type() + ", not " + expected));
  }

  /**
   * Gives the next message of the request.
   *
   * @throws FlashException what the server sent as ERROR; CONNECTION where it is gone or silent
   */
  Message receive() throws FlashException {
    try {
      for (; ; ) {
        Message message = reader.next();
        switch (message.type()) {
          case PROGRESS, PONG, GOAWAY -> checkInterrupted();
          case ERROR -> throw serverError(message.fields());
          default -> {
            if (message.streamId() == streamId || streamId == 0) {
              return message;
            }
            throw FlashException.ofProtocol("An answer to request " + message.streamId());
          }
        }
      }
    } catch (IOException error) {
      throw fail(error);
    }
  }

  @Override
  public void close() {
    SocketOpener.closeQuietly(socket);
  }

  private void checkInterrupted() throws FlashException {
    if (interrupted.getAsBoolean()) {
      throw FlashException.ofCancelled("The reader was interrupted");
    }
  }

  private void logIn(ClientOptions options) throws IOException {
    writer.writePreface(VERSION, VERSION);
    ObjectNode hello = Json.object();
    hello.put("client", options.client());
    hello.put("frameBytesMax", ClientOptions.FRAME_BYTES_MAX);
    hello.put("checksum", options.checksum());
    if (options.user() != null) {
      hello.put("user", options.user());
    }
    writer.write(MessageType.HELLO, 0, hello);
    ObjectNode answer = receive(MessageType.HELLO_OK).fields();
    boolean checksum = Json.flag(answer, "checksum");
    writer.setChecksum(checksum);
    reader.setChecksum(checksum);
    serverId = Json.text(answer, "serverId");
    String auth = Json.text(answer, "auth");
    if (options.user() != null) {
      sendPassword(options, auth);
    } else if ("token".equals(auth)) {
      prove(options.token(), Json.text(answer, "nonce"));
    }
    JsonNode limits = answer.path("limits");
    writer.setBodyBytesMax((int) Json.integer(limits, "frameBytesMax"));
    reader.setBodyBytesMax(ClientOptions.FRAME_BYTES_MAX);
    appendBytesMax = Json.integer(limits, "appendBytesMax");
  }

  /** A server that knows no users would go on with other rights than were asked for. */
  private void sendPassword(ClientOptions options, String auth) throws IOException {
    if (!"password".equals(auth)) {
      throw FlashException.ofAuth(
          endpoint + " has no users", "Leave the option user out, or start it with --users-file.");
    }
    if (options.token() == null) {
      throw FlashException.ofAuth(
          endpoint + " asks for a password", "Set the option token to the user's.");
    }
    if (!options.tls() && !socket.getInetAddress().isLoopbackAddress()) {
      throw FlashException.ofRequest(
          "The password would go to " + endpoint + " in plain", "Set the option ssl to true.");
    }
    ObjectNode password = Json.object();
    password.put("password", options.token());
    writer.write(MessageType.AUTH, 0, password);
    receive(MessageType.AUTH_OK);
  }

  private void prove(String token, String serverNonce) throws IOException {
    if (token == null) {
      throw FlashException.ofAuth(endpoint + " asks for a token", "Set the option token.");
    }
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    String nonce = HexFormat.of().formatHex(random);
    ObjectNode auth = Json.object();
    auth.put("nonce", nonce);
    auth.put("proof", AuthProof.of("client", token, serverId, serverNonce, nonce));
    writer.write(MessageType.AUTH, 0, auth);
    String proof = Json.text(receive(MessageType.AUTH_OK).fields(), "proof");
    String expected = AuthProof.of("server", token, serverId, serverNonce, nonce);
    if (!MessageDigest.isEqual(
        proof.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8))) {
      throw FlashException.ofAuth(
          endpoint + " does not have the token itself", "Another program may listen there.");
    }
  }

  private static FlashException serverError(ObjectNode fields) throws FlashException {
    String hint = Json.optionalText(fields, "hint");
    return FlashException.ofServer(
        Json.text(fields, "code"),
        Json.text(fields, "retry"),
        Json.flag(fields, "fatal"),
        Json.text(fields, "message"),
        hint == null ? "" : hint);
  }

  /** After all but an error of one request the connection can't go on. */
  private FlashException fail(IOException error) {
    FlashException told = asFlashException(endpoint, error);
    if (told.isFatal()) {
      broken = true;
      close();
    }
    return told;
  }

  private static FlashException asFlashException(Endpoint endpoint, IOException error) {
    if (error instanceof FlashException told) {
      return told;
    }
    String reason =
        error instanceof SocketTimeoutException
            ? "it is silent"
            : String.valueOf(error.getMessage());
    return FlashException.ofConnection(
        "The connection to " + endpoint + " broke: " + reason, error);
  }
}
