/** Tests of the library for service nodes with an agent; {@link dev.sluice.sdk.Samples} makes the packets that a switch would send. */
@NullMarked
package dev.sluice.sdk;

import org.jspecify.annotations.NullMarked;
