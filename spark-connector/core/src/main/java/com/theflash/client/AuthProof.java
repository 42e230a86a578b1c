package com.theflash.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The proof that a side has the token, which itself never crosses the wire. */
final class AuthProof {
  private AuthProof() {}

  /**
   * Gives the proof of AUTH ({@code side} "client") or AUTH_OK ("server"), in hex.
   *
   * <p>Source: docs/protocol.md, "Login".
   */
  static String of(
      String side, String token, String serverId, String serverNonce, String clientNonce) {
    String text =
        "TheFlash v1 " + side + "\n" + serverId + "\n" + serverNonce + "\n" + clientNonce + "\n";
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException("every JVM has HmacSHA256", error);
    }
  }
}
