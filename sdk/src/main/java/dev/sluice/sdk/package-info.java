/**
 * For service nodes with an agent: takes packets and what is known of them out of the overlay, asks the node's own code, and brings packet and verdict back to the
 * switch (C11, V12).
 *
 * <p>Place: inside the service node, another program than Sluice and often on another host; of Sluice it uses {@code wire} only. Packets come and go over plain UDP
 * sockets, so that a node needs no rights and no native code.
 *
 * <p>Threads: one for each {@link dev.sluice.sdk.ServiceNode}, which calls the handler; statistics and instructions given later may be used from any thread.
 *
 * <p>Specification: docs/reference/aware-nodes.md; RFC 8926 (Geneve), RFC 8300 and RFC 9263 (service header and metadata), RFC 8393 (service header without payload).
 * Start reading at {@link dev.sluice.sdk.ServiceNode}, then {@link dev.sluice.sdk.Verdict}; {@link dev.sluice.sdk.Intake} is what a packet has to pass.
 */
@NullMarked
package dev.sluice.sdk;

import org.jspecify.annotations.NullMarked;
