/** Tests of searching in flows. */
@NullMarked
package dev.sluice.sdk.stream;

import org.jspecify.annotations.NullMarked;
