/**
 * A client of {@code theflash serve}: the wire protocol of docs/protocol.md, and results as Arrow.
 *
 * <p>It knows nothing of Spark. Arrow and Jackson come from whoever uses it.
 */
package com.theflash.client;
