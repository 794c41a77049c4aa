/**
 * Packet input and output: in-memory, AF_PACKET, TAP and AF_XDP ports, the watching of Linux interfaces, and who has which.
 *
 * <p>Purpose: give every kind of interface one face, {@link dev.sluice.datapath.packet.PacketPort}. Place: above {@code datapath}; all native calls for packet
 * input and output are here, in {@link dev.sluice.ports.Linux}, with the kernel's structures in {@link dev.sluice.ports.KernelLayouts}. Threads: a port
 * belongs to the worker that polls it and is opened and closed by the same thread or while that thread does not run; only its counters are read by
 * others. Specification: Linux documentation networking/packet_mmap, networking/af_xdp, networking/tuntap, rtnetlink(7), and struct virtio_net_hdr of
 * virtio 1.2, 5.1.6. Start reading at {@link dev.sluice.ports.PortOpener}, then {@link dev.sluice.ports.PacketSocketPort}.
 */
@NullMarked
package dev.sluice.ports;

import org.jspecify.annotations.NullMarked;
