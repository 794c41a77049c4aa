/**
 * System tests: the product as its users run it, between hosts that know nothing of it.
 *
 * <p>Sluice runs in a JVM and a network namespace of its own ({@link dev.sluice.lab.system.SluiceNode}), configured by YAML files, asked over its
 * administration socket. Hosts and service nodes are namespaces; what passed a node is told by the node (nftables counters, {@link
 * dev.sluice.lab.system.Witness captures} of its interfaces), never by Sluice alone.
 *
 * <p>Threads: the test's own; a few inside namespaces ({@link dev.sluice.lab.system.Inside}) for sockets of hosts, captures and
 * programmed nodes. Start reading at BridgingNodeTest.
 */
@NullMarked
package dev.sluice.lab.system;

import org.jspecify.annotations.NullMarked;
