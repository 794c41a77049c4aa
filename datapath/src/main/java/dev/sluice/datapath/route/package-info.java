/**
 * Where a router sends an address: the longest prefix, and of several equal next hops one for each flow.
 *
 * <p>Purpose: one look-up for each packet, whatever the number of routes. Place: below {@code datapath}, whose stages ask it; uses {@code wire}. Threads: all is immutable and
 * shared. Specification: docs/reference/packet-life.md, forward. Start reading at {@link dev.sluice.datapath.route.Routes}.
 */
@NullMarked
package dev.sluice.datapath.route;

import org.jspecify.annotations.NullMarked;
