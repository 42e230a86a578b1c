package com.theflash.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** Opens sockets, plain and TLS. */
final class SocketOpener {
  private SocketOpener() {}

  static Socket open(Endpoint endpoint, ClientOptions options) throws FlashException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(
          new InetSocketAddress(endpoint.host(), endpoint.port()), options.connectTimeoutMs());
      socket.setSoTimeout(options.readTimeoutMs());
      return options.tls() ? startTls(socket, endpoint, options) : socket;
    } catch (IOException error) {
      closeQuietly(socket);
      String reason = error.getMessage();
      if (isOfCertificate(error)) {
        throw FlashException.ofCertificate(
            "The certificate of " + endpoint + " is refused: " + reason, error);
      }
      throw FlashException.ofConnection("Can't connect to " + endpoint + ": " + reason, error);
    }
  }

  static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException error) {
      // It is gone either way.
    }
  }

  private static boolean isOfCertificate(Throwable error) {
    for (Throwable each = error; each != null; each = each.getCause()) {
      if (each instanceof CertificateException) {
        return true;
      }
    }
    return false;
  }

  private static Socket startTls(Socket socket, Endpoint endpoint, ClientOptions options)
      throws IOException {
    SSLSocketFactory factory = socketFactory(options.caPem());
    SSLSocket secure =
        (SSLSocket) factory.createSocket(socket, endpoint.host(), endpoint.port(), true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secure.setSSLParameters(parameters);
    secure.startHandshake();
    return secure;
  }

  private static SSLSocketFactory socketFactory(String caPem) throws IOException {
    if (caPem == null) {
      return (SSLSocketFactory) SSLSocketFactory.getDefault();
    }
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      byte[] pem = caPem.getBytes(StandardCharsets.UTF_8);
      int index = 0;
      for (Certificate each :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem))) {
        store.setCertificateEntry("ca" + index, each);
        index += 1;
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException error) {
      throw new IOException("the CA certificates can't be used: " + error.getMessage(), error);
    }
  }
}
