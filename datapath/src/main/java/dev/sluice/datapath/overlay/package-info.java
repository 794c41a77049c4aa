/**
 * The service plane on its way out: packets to nodes of other hosts and to nodes that get more than frames.
 *
 * <p>Purpose: service headers, GRE, VXLAN and gateway formats in front of packets; what is known of flows that other switches classify; what nodes ask for single flows. Place: above {@code tunnel}, {@code segment} and {@code paths}; the way in stands with the
 * stages, since what comes in goes on with them. Threads: the worker's. Specification: docs/reference/packet-life.md, to another switch, other switches, nodes in the underlay; docs/reference/overlay-formats.md. Start reading at
 * {@link dev.sluice.datapath.overlay.OverlayOutput} and {@link dev.sluice.datapath.overlay.PlaneFlows}.
 */
@NullMarked
package dev.sluice.datapath.overlay;

import org.jspecify.annotations.NullMarked;
