package dev.sluice.datapath.tunnel;

import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.wire.IpAddress;

/** Sends frames of this process's own making: probes, BFD, words to other switches (V14). One user: the worker; no allocation. */
public final class OwnFrames {
    private final Frames frames;
    private final Neighbors neighbors;
    private final PeerOutput underlay;
    private final Batch own = new Batch();

    public OwnFrames(Frames frames, Neighbors neighbors, PeerOutput underlay) {
        this.frames = frames;
        this.neighbors = neighbors;
        this.underlay = underlay;
    }

    /** Whether frames can be sent out of a port at the moment. */
    public boolean canSend(int port) {
        return frames.hasDevice(port);
    }

    /** Sends a frame that is complete with addresses and tags; takes it over. For ports with {@link #canSend}. */
    public void send(int port, long start, int frameBytes) {
        own.count = 0;
        frames.sendOwn(own, own.append(start, frameBytes, port), port);
    }

    /** Sends an untagged frame into the underlay, complete but for its MAC addresses, towards an address there; takes it over. False: there is no way. */
    public boolean sendToUnderlay(IpAddress to, long start, int frameBytes, long nowNs) {
        return underlay.send(to, start, frameBytes, nowNs);
    }

    /** MAC address of the port by which frames to an address in the underlay leave, -1 if there is no way. */
    public long macInUnderlay(IpAddress to) {
        return underlay.ownMac(to);
    }

    /**
     * The MAC address of a neighbour. One that did not answer lately is asked again at once.
     *
     * @return 48 bits, or -1: not known yet, and being asked for
     */
    public long neighborMac(int port, IpAddress address, long nowNs) {
        long mac = neighbors.resolve(port, address.hi(), address.lo(), nowNs);
        if (mac == Neighbors.UNREACHABLE) {
            neighbors.forget(port, address.hi(), address.lo());
            mac = neighbors.resolve(port, address.hi(), address.lo(), nowNs);
        }
        return Math.max(mac, -1);
    }
}
