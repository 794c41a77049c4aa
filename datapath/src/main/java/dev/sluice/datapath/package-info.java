/**
 * The life of a packet: parse, classify, track, steer, return, route, transmit.
 *
 * <p>Purpose: take frames in batches, decide once per flow, carry each packet through its service nodes and on to its destination.
 * Place: above {@code wire}; knows compiled tables only, neither objects nor threads, sockets or files. Threads: each worker owns
 * one {@link dev.sluice.datapath.Datapath} with everything below it; only {@link dev.sluice.datapath.snapshot.Snapshot}s and liveness flags
 * come from outside. Specification: docs/reference/packet-life.md, requirement rows V and C in docs/specs.md. Start reading at
 * {@link dev.sluice.datapath.Datapath}.
 *
 * <p>Here are the stages that hand packets to each other, and what makes and joins them. What they ask, and what knows nothing of the next stage, has
 * packages of its own; each uses only those before it, and ArchitectureTest keeps it so: {@code rules} (which rule matches), {@code route} (where an
 * address goes), {@code offload} (what a fast path is told), {@code packet} (frames, parser, reasons for drops), {@code snapshot} (the compiled
 * configuration), {@code liveness} (what is there to be used), {@code track} (what is known of flows), {@code stage} (the packet in hand, ends of
 * frames), {@code fragments} (which datagram a fragment is of), {@code errors} (what routers say of packets, fragmenting), {@code neighbors} (ARP and
 * neighbour discovery), {@code tunnel} (into the underlay and out of it), {@code segment} (switches over hosts), {@code paths} (which path a flow gets,
 * when another), {@code mirror} (journeys that a fast path repeats), {@code overlay} (to nodes and switches elsewhere). Above all of it stands {@code
 * foretell} (what would happen to a packet).
 */
@NullMarked
package dev.sluice.datapath;

import org.jspecify.annotations.NullMarked;
