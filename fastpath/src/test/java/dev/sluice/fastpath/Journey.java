package dev.sluice.fastpath;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.wire.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A record made by hand. One user: the test. */
final class Journey {
    final MemorySegment key = Arena.ofAuto().allocate(OffloadKey.BYTES, 8);
    final MemorySegment action = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);

    /** From one port to another, alike in everything. */
    static Journey between(
            int ingress, int egress, int protocol, String source, int sourcePort, String destination, int port) {
        Journey journey = new Journey();
        IpAddress from = IpAddress.parse(source).orElseThrow();
        IpAddress to = IpAddress.parse(destination).orElseThrow();
        OffloadKey.setSource(journey.key, 0, from.hi(), from.lo());
        OffloadKey.setDestination(journey.key, 0, to.hi(), to.lo());
        OffloadKey.setTransport(journey.key, 0, protocol, sourcePort, port);
        OffloadKey.setIngress(journey.key, 0, ingress);
        OffloadAction.setEgress(journey.action, 0, egress, 0);
        OffloadAction.setIpBytesMax(journey.action, 0, 1500);
        return journey;
    }

    Journey macs(long destination, long source) {
        OffloadAction.setExpectedMacs(action, 0, destination, source);
        OffloadAction.setNewMacs(action, 0, destination, source);
        return this;
    }

    Journey newMacs(long destination, long source) {
        OffloadAction.setNewMacs(action, 0, destination, source);
        return this;
    }

    Journey tags(int outer, int inner, int newOuter, int newInner) {
        OffloadKey.setTags(key, 0, outer, inner);
        OffloadAction.setNewTags(action, 0, newOuter, newInner);
        return this;
    }

    Journey ttl(int decrement) {
        OffloadAction.setTtlDecrement(action, 0, decrement);
        return this;
    }

    /** What the device has counted: packets and bytes. */
    long[] counted(KernelOffload offload) {
        MemorySegment now = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);
        int answer = offload.get(key, now);
        if (answer != 0) {
            throw new AssertionError("no record: " + answer);
        }
        return new long[] {OffloadAction.packets(now, 0), OffloadAction.bytes(now, 0)};
    }
}
