package com.theflash.spark;

import com.theflash.client.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.spark.sql.connector.read.InputPartition;

/** A split: what a task needs to read it, any number of times. */
final class FlashPartition implements InputPartition {
  private static final long serialVersionUID = 1L;

  private final Endpoint endpoint;
  private final String ticket;
  private final long rows;

  /** Kept by the driver alone. */
  private final transient SnapshotLease lease;

  /**
   * @param rows before the filter, estimated
   * @param lease of the snapshot that the split reads; null where nobody has to end it
   */
  FlashPartition(Endpoint endpoint, String ticket, long rows, SnapshotLease lease) {
    this.endpoint = endpoint;
    this.ticket = ticket;
    this.rows = rows;
    this.lease = lease;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  String ticket() {
    return ticket;
  }

  /** Null on executors. */
  SnapshotLease lease() {
    return lease;
  }

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
