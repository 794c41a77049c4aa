/**
 * Networks to try things in: hosts as network namespaces, wires as veth pairs, service nodes that are real (Linux bridges, routers, NAT, programs
 * on raw sockets), a relay that impairs, and traffic whose every packet is accounted for.
 *
 * <p>Place: beside the product, never inside it; demo, system tests and users stand on it. Its frame reader ({@link dev.sluice.lab.PacketView})
 * shares no code with the data path on purpose: what peers saw must not be judged by the code under test.
 *
 * <p>Threads: one thread builds a topology; {@link dev.sluice.lab.Topology} alone also admits the shutdown hook. The programs that run
 * inside namespaces ({@code *Main}) are processes of their own with one thread each.
 *
 * <p>Specification: ip-netns(8), veth(4), nft(8), packet(7); RFC 4737 for what counts as reordered. Start reading at
 * {@link dev.sluice.lab.Topology}, then {@link dev.sluice.lab.Lab} for labs from files and {@link dev.sluice.lab.TrafficRun} for accounted traffic.
 */
@NullMarked
package dev.sluice.lab;

import org.jspecify.annotations.NullMarked;
