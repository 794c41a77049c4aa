/**
 * What controller and agents say to each other: the messages of {@code src/main/protobuf}, generated, and the rules that both sides keep.
 *
 * <p>Place: below {@code controller} and {@code agent}, above nothing. Threads: messages are immutable. Specification: V17, X2; the comments of {@code southbound.proto}.
 * Start reading there, then {@link dev.sluice.southbound.Protocol}.
 */
@NullMarked
package dev.sluice.southbound;

import org.jspecify.annotations.NullMarked;
