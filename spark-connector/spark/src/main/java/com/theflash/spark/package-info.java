/**
 * The Spark data source "theflash": tables of {@code theflash serve} as DataFrames.
 *
 * <p>Classes are named after their role in Spark's DataSource V2. {@link
 * com.theflash.spark.FlashSource} and {@link com.theflash.spark.FlashCatalog} are the two ways in.
 */
package com.theflash.spark;
