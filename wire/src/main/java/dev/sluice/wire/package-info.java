/**
 * Frame formats: one header, one file.
 *
 * <p>Purpose: read and write headers in a {@link java.lang.foreign.MemorySegment} by static accessors over (segment, offset), without
 * objects; records with the same content serve control code. Place: lowest module, uses the JDK only. Threads: no state, any
 * thread. Specification: the RFC or IEEE standard named in each class. Start reading at {@link dev.sluice.wire.Ethernet}; for
 * tunnels at {@link dev.sluice.wire.OverlayTemplate}.
 */
@NullMarked
package dev.sluice.wire;

import org.jspecify.annotations.NullMarked;
