package dev.sluice.datapath.overlay;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.ServiceMetadata;
import java.lang.foreign.MemorySegment;

/**
 * The packet in hand that came with a network service header: where its parts are, and what the header says. One writer: {@code OverlayInput}, which has one of these for all packets.
 *
 * <p>Hot path: no allocation. Offsets are those of the frame pool's memory.
 */
public final class CarriedPacket {
    public final ServiceMetadata metadata = new ServiceMetadata();

    /** Where the header in front of the service header begins. */
    public long carrier;

    /** Where the service header begins. */
    public long nsh;

    /** Where the packet ends. */
    public long end;

    /** Virtual network that it came in, {@code OverlayInput.ANY_NETWORK} if it came in none. */
    public int network;

    /** Size of the service header. */
    public int nshBytes;

    /** What is left of its TTL, this switch counted. */
    public int ttl;

    public int spi;
    public int si;

    /** Of the path: 0 forward, 1 reverse. */
    public int direction;

    /** Number of services that it has behind it, those that it passed by included. */
    public int ordinal;

    /** Index of the hop that it has left last, outside of the path if there is none. */
    public int hopBefore;

    /** Reads the service header, of which only {@link #nsh} and {@link #end} are known; false if it is no sound one that is small enough to be kept. */
    public boolean read(MemorySegment m) {
        nshBytes = Nsh.check(m, nsh, (int) (end - nsh));
        return nshBytes >= 0 && metadata.read(m, nsh) >= 0 && nshBytes <= PlaneFlows.NSH_BYTES_MAX;
    }

    /** Where the frame inside begins. */
    public long inner() {
        return nsh + nshBytes;
    }

    /** Which way it came, for telling apart pieces of datagrams that came on different ones: tenant, path and index. */
    public long way(MemorySegment m) {
        return FlowHash.mix(metadata.tenant()) ^ Nsh.path(m, nsh);
    }
}
