/**
 * The demonstration, {@code sluice demo}: a story told with real traffic, in which every figure is measured.
 *
 * <p>Place: above the lab, which makes its network, and beside the command line, which starts it and whose {@code run},
 * {@code manager} and {@code agent} commands are the Sluice that it shows, in processes and namespaces of their own. Talks to these as any user does: by commands to the manager and the administration socket.
 *
 * <p>Threads: one; a shutdown hook says that it was interrupted, the {@linkplain dev.sluice.lab.Topology topology}'s removes the network.
 *
 * <p>Specification: issue "Steer real traffic through agentless service nodes on one host", item 7, and "Manager, controller, agents: from objects to running paths", item 10; rows V2, V3, C6 to C8 and C10 of docs/specs.md.
 *
 * <p>Start reading at {@link dev.sluice.lab.demo.Story}: the steps in their order.
 */
@NullMarked
package dev.sluice.lab.demo;

import org.jspecify.annotations.NullMarked;
