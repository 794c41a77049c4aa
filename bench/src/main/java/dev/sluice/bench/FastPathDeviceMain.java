package dev.sluice.bench;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.fastpath.FastPath;
import dev.sluice.fastpath.FastPort;
import dev.sluice.fastpath.Hook;
import dev.sluice.ports.Poller;
import dev.sluice.ports.PortException;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The kernel's fast path under test, in a process of its own: {@code forward|path tc|xdp}. Carries frames from each port to the one that follows from where it came in, and records each IPv4 journey at its first
 * packet. Says "ready" and runs until it is killed.
 */
public final class FastPathDeviceMain {
    private static final int SMALL_FRAMES = 2048;
    private static final int LARGE_FRAMES = 64;
    private static final int FLOWS_MAX = 1 << 21;
    private static final int SLEEP_MS = 10;

    private final FastPath path;
    private final FastPort[] ports;
    private final int[] egress;
    private final FramePool pool;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment key = arena.allocate(OffloadKey.BYTES, 8);
    private final MemorySegment action = arena.allocate(OffloadAction.BYTES, 8);
    private final Batch batch = new Batch();

    private FastPathDeviceMain(FastPath path, FastPort[] ports, int[] egress, FramePool pool) {
        this.path = path;
        this.ports = ports;
        this.egress = egress;
        this.pool = pool;
    }

    /** Runs until it is killed. */
    public static void main(String[] arguments) throws PortException {
        // Between p0 and p1, or p0 and p2, p3 and p1 with the node between p2 and p3.
        int[] egress = arguments[0].equals("path") ? new int[] {2, 3, 0, 1} : new int[] {1, 0};
        Hook hook = arguments[1].equals("xdp") ? Hook.XDP : Hook.TC;
        try (Arena arena = Arena.ofShared()) {
            FramePool pool = new FramePool(
                    arena.allocate(FramePool.bytesFor(SMALL_FRAMES, LARGE_FRAMES), FramePool.SMALL_BYTES),
                    SMALL_FRAMES,
                    LARGE_FRAMES);
            FastPath path = FastPath.open(pool, FLOWS_MAX);
            FastPort[] ports = new FastPort[egress.length];
            for (int i = 0; i < ports.length; i++) {
                ports[i] = path.attach("p" + i, i, new PortCounters(), hook);
                System.out.println(ports[i].name() + ": " + ports[i].description());
            }
            System.out.println("ready");
            new FastPathDeviceMain(path, ports, egress, pool).carry();
        }
    }

    private void carry() throws PortException {
        try (Poller poller = Poller.open(ports[0])) {
            while (true) {
                batch.count = 0;
                ports[0].receive(batch);
                for (int i = 0; i < batch.count; i++) {
                    int to = egress[batch.port[i]];
                    record(i, ports[batch.port[i]].number(), ports[to].number());
                    ports[to].send(batch, i);
                }
                for (FastPort port : ports) {
                    port.flush();
                }
                if (batch.count == 0) {
                    poller.await(SLEEP_MS);
                }
            }
        }
    }

    private void record(int slot, int ingress, int egressNumber) {
        MemorySegment m = pool.memory();
        long start = batch.start[slot];
        if (Ethernet.etherType(m, start) != EtherTypes.IPV4) {
            return;
        }
        long ip = start + Ethernet.BYTES;
        long ports = ip + Ipv4.BYTES;
        OffloadKey.clear(key, 0);
        OffloadKey.setSource(key, 0, 0, IpAddress.IPV4_MAPPED | (Ipv4.source(m, ip) & 0xffff_ffffL));
        OffloadKey.setDestination(key, 0, 0, IpAddress.IPV4_MAPPED | (Ipv4.destination(m, ip) & 0xffff_ffffL));
        OffloadKey.setTransport(key, 0, Ipv4.protocol(m, ip), Layouts.u16(m, ports), Layouts.u16(m, ports + 2));
        OffloadKey.setIngress(key, 0, ingress);
        OffloadAction.clear(action, 0);
        long destination = Ethernet.destination(m, start);
        long source = Ethernet.source(m, start);
        OffloadAction.setExpectedMacs(action, 0, destination, source);
        OffloadAction.setNewMacs(action, 0, destination, source);
        OffloadAction.setEgress(action, 0, egressNumber, 0);
        OffloadAction.setIpBytesMax(action, 0, 1500);
        path.offload().install(key, action);
    }
}
