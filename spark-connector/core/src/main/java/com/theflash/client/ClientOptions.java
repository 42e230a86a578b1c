package com.theflash.client;

import java.io.Serializable;

/**
 * How to connect. Travels from the driver to the executors.
 *
 * @param client name and version, for the server's logs
 * @param token null where the server asks for none; the password where there is a user
 * @param user whose rights are asked for, of the server's users file; null for those of the token
 * @param tls speak TLS
 * @param caPem certificates to trust, PEM; null for those of the JVM
 * @param checksum whether frames carry checksums
 * @param readTimeoutMs how long a server may be silent; it tells its progress each second
 * @param creditBytes how many bytes of a result may be on their way
 * @param retries how often a connection that could not be made is tried again
 */
public record ClientOptions(
    String client,
    String token,
    String user,
    boolean tls,
    String caPem,
    boolean checksum,
    int connectTimeoutMs,
    int readTimeoutMs,
    long creditBytes,
    int retries)
    implements Serializable {

  /** Largest frame that is taken. */
  static final int FRAME_BYTES_MAX = 67_108_864;

  /** Largest record batch that is taken. */
  static final int MESSAGE_BYTES_MAX = 1_073_741_824;

  /** Plain TCP, no token. */
  public static ClientOptions defaults() {
    return new ClientOptions(
        "theflash-java", null, null, false, null, true, 10_000, 60_000, 16_777_216, 3);
  }

  /** The same, with a token. */
  public ClientOptions withToken(String newToken) {
    return new ClientOptions(
        client,
        newToken,
        user,
        tls,
        caPem,
        checksum,
        connectTimeoutMs,
        readTimeoutMs,
        creditBytes,
        retries);
  }

  /** The same, as a user with a password. */
  public ClientOptions withUser(String newUser, String password) {
    return new ClientOptions(
        client,
        password,
        newUser,
        tls,
        caPem,
        checksum,
        connectTimeoutMs,
        readTimeoutMs,
        creditBytes,
        retries);
  }

  /** The same over TLS, trusting the certificates of a PEM text, or the JVM's where it is null. */
  public ClientOptions withTls(String newCaPem) {
    return new ClientOptions(
        client,
        token,
        user,
        true,
        newCaPem,
        checksum,
        connectTimeoutMs,
        readTimeoutMs,
        creditBytes,
        retries);
  }

  /** Without the secrets: it may come into a log. */
  @Override
  public String toString() {
    return "ClientOptions[client="
        + client
        + ", token="
        + (token == null ? "none" : "***")
        + ", user="
        + user
        + ", tls="
        + tls
        + "]";
  }
}
