/**
 * Arrow vectors as Spark's columns, over the same memory: no value is copied before Spark asks for
 * it.
 *
 * <p>Spark's own ArrowColumnVector knows no unsigned integers, no decimal256 and no seconds, and is
 * tied to the Arrow that Spark bundles.
 */
package com.theflash.spark.vector;
