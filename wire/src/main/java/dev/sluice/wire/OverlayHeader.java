package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/** A header that can stand behind the outer link or IP header of a packet in the overlay, as a value for control code and tests. */
public sealed interface OverlayHeader permits TunnelHeader, NshHeader, EthernetHeader {
    /** Ethernet type of this header, by which the one before announces it; 0 for a tunnel header, which a port or protocol announces. */
    int ownType();

    /** Ethernet type of what this header says comes behind it, {@link EtherTypes#TEB} for Ethernet; -1 if it has none. */
    int payloadType();

    /** Length in bytes. */
    int headerBytes();

    /** Writes the header; returns its length in bytes. */
    int write(MemorySegment f, long base);
}
