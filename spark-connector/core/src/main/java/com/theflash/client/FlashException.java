package com.theflash.client;

import java.io.IOException;
import java.util.Optional;

/**
 * What the server refused, or what went wrong on the way to it.
 *
 * <p>{@link #code} is one of docs/protocol.md, "Errors", or CONNECTION where there was no answer.
 */
public final class FlashException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The code of a connection that could not be made, broke, or fell silent. */
  public static final String CONNECTION = "CONNECTION";

  /** Whether the same request may succeed later. */
  public enum Retry {
    NEVER,
    AFTER_BACKOFF,
    AFTER_REPAIR
  }

  private final String code;
  private final Retry retry;
  private final boolean fatal;

  private FlashException(
      String code, Retry retry, boolean fatal, String message, String hint, Throwable cause) {
    super(
        hint.isEmpty() ? message + " (" + code + ")" : message + " (" + code + "). " + hint, cause);
    this.code = code;
    this.retry = retry;
    this.fatal = fatal;
  }

  /** An error that the server sent. */
  static FlashException ofServer(
      String code, String retry, boolean fatal, String message, String hint) {
    Retry kind =
        switch (retry) {
          case "after-backoff" -> Retry.AFTER_BACKOFF;
          case "after-repair" -> Retry.AFTER_REPAIR;
          default -> Retry.NEVER;
        };
    return new FlashException(code, kind, fatal, message, hint, null);
  }

  /** Bytes that are not as the protocol says; the connection can't go on. */
  public static FlashException ofProtocol(String message) {
    String hint = "Both sides must be of versions that fit; otherwise bytes changed on the way.";
    return new FlashException("PROTOCOL", Retry.NEVER, true, message, hint, null);
  }

  static FlashException ofTooLarge(String message) {
    return new FlashException("TOO_LARGE", Retry.NEVER, true, message, "", null);
  }

  static FlashException ofConnection(String message, Throwable cause) {
    String hint = "Is theflash serve running there, and is the port right?";
    return new FlashException(CONNECTION, Retry.AFTER_BACKOFF, true, message, hint, cause);
  }

  /** A server that does not prove who it is: another try would end the same. */
  static FlashException ofCertificate(String message, Throwable cause) {
    String hint =
        "ssl.ca must name a file with the authority of the server's certificate, and endpoints the"
            + " host that the certificate is for.";
    return new FlashException(CONNECTION, Retry.AFTER_REPAIR, true, message, hint, cause);
  }

  static FlashException ofAuth(String message, String hint) {
    return new FlashException("AUTH", Retry.NEVER, true, message, hint, null);
  }

  static FlashException ofCancelled(String message) {
    return new FlashException("CANCELLED", Retry.NEVER, true, message, "", null);
  }

  /** A wrong option or name. */
  public static FlashException ofRequest(String message, String hint) {
    return new FlashException("INVALID_REQUEST", Retry.NEVER, false, message, hint, null);
  }

  public String code() {
    return code;
  }

  public Retry retry() {
    return retry;
  }

  /** True where the connection ended with it. */
  public boolean isFatal() {
    return fatal;
  }

  /** Finds the first of its kind among an exception and its causes. */
  public static Optional<FlashException> findIn(Throwable error) {
    for (Throwable each = error; each != null; each = each.getCause()) {
      if (each instanceof FlashException found) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }
}
