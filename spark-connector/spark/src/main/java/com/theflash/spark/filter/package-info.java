/** Spark's predicates as filters of the wire protocol. */
package com.theflash.spark.filter;
