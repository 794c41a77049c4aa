/**
 * Packets and frames into and out of the underlay: the way to another host, the outer headers, the room.
 *
 * <p>Purpose: one way out for everything that goes to another host or to a node behind a tunnel, whatever it carries, and one way to take it out again. Place: above {@code neighbors}, {@code errors} and {@code fragments}; what goes into a
 * tunnel says so by {@link dev.sluice.datapath.tunnel.TunnelContent}. Threads: the worker's. Specification: docs/reference/packet-life.md, to another switch; docs/reference/overlay-formats.md. Start reading at
 * {@link dev.sluice.datapath.tunnel.TunnelOutput}.
 */
@NullMarked
package dev.sluice.datapath.tunnel;

import org.jspecify.annotations.NullMarked;
