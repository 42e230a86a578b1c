package com.theflash.spark;

import com.theflash.client.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.spark.sql.connector.read.InputPartition;

/**
 * A split: what a task needs to read it, any number of times.
 *
 * @param rows before the filter, estimated
 */
record FlashPartition(Endpoint endpoint, String ticket, long rows) implements InputPartition {
  /** The server's own machine, where an executor may run too. */
  @Override
  public String[] preferredLocations() {
    try {
      // A loopback address names another machine on each executor.
      return InetAddress.getByName(endpoint.host()).isLoopbackAddress()
          ? new String[0]
          : new String[] {endpoint.host()};
    } catch (UnknownHostException error) {
      return new String[] {endpoint.host()};
    }
  }

  /** Without the ticket, which is as good as a key to the rows. */
  @Override
  public String toString() {
    return "FlashPartition[" + endpoint + ", about " + rows + " rows]";
  }
}
