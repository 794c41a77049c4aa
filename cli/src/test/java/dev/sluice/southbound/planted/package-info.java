/** Breaks the rules on purpose, so that the house checks are themselves checked. */
@org.jspecify.annotations.NullMarked
package dev.sluice.southbound.planted;
