package com.theflash.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A certificate of today, signed by itself, and its key: PEM files that openssl makes.
 *
 * @param certificate also the authority to trust
 */
public record TestCertificate(Path certificate, Path key) {

  /**
   * Makes them.
   *
   * @param host the one name that the certificate is for
   */
  public static TestCertificate make(Path folder, String host)
      throws IOException, InterruptedException {
    Path certificate = folder.resolve(host + ".cert.pem");
    Path key = folder.resolve(host + ".key.pem");
    String shape =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
            + " -subj /CN=HOST -addext subjectAltName=DNS:HOST -keyout KEY -out CERTIFICATE";
    List<String> command =
        List.of(
            shape
                .replace("HOST", host)
                .replace("KEY", key.getFileName().toString())
                .replace("CERTIFICATE", certificate.getFileName().toString())
                .split(" "));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("openssl made no certificate: " + output);
    }
    return new TestCertificate(certificate, key);
  }
}
