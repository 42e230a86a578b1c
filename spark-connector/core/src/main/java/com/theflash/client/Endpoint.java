package com.theflash.client;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** Where a server listens. */
public record Endpoint(String host, int port) implements Serializable {
  /** The port of {@code theflash serve} where none is named. */
  public static final int DEFAULT_PORT = 9330;

  /**
   * Parses {@code host:port,host:port}: each a shard, with {@code |} between copies of one.
   *
   * @return for each shard its copies, at least one
   * @throws FlashException INVALID_REQUEST
   */
  public static List<List<Endpoint>> parseShards(String text) throws FlashException {
    List<List<Endpoint>> shards = new ArrayList<>();
    for (String shard : text.split(",", -1)) {
      List<Endpoint> copies = new ArrayList<>();
      for (String copy : shard.split("\\|", -1)) {
        copies.add(parse(copy.trim()));
      }
      shards.add(List.copyOf(copies));
    }
    return List.copyOf(shards);
  }

  /** Parses {@code host}, {@code host:port}, {@code [v6]:port}, each with or without tcp://. */
  static Endpoint parse(String text) throws FlashException {
    String bare = text.startsWith("tcp://") ? text.substring("tcp://".length()) : text;
    int close = bare.startsWith("[") ? bare.indexOf(']') : -1;
    int colon = bare.indexOf(':', Math.max(close, 0));
    String host = colon < 0 ? bare : bare.substring(0, colon);
    String name = close > 0 ? bare.substring(1, close) : host;
    try {
      int port = colon < 0 ? DEFAULT_PORT : Integer.parseInt(bare.substring(colon + 1));
      if (!name.isEmpty() && name.indexOf('/') < 0 && port > 0 && port < 65_536) {
        return new Endpoint(name, port);
      }
    } catch (NumberFormatException error) {
      // Told below, with what was given.
    }
    throw FlashException.ofRequest(
        "Not an endpoint: \"" + text + "\"", "Give host:port, several of them with commas.");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
