/**
 * Writing: tasks put their rows into a staging table of the job, and the driver makes them the
 * table's by one statement.
 */
package com.theflash.spark.write;
