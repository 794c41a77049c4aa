package dev.sluice.fastpath;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Carries what is left to the data path from each of two ports to the other, and records established TCP: the least that can be called a data path. Runs in the test's thread until it is interrupted. */
final class Recorder {
    private static final int TCP = 6;
    private static final int ETHERNET = 14;

    final List<Journey> journeys = new ArrayList<>();
    int carried;
    int superFrames;

    void run(FastPath path, FastPort one, FastPort other, FramePool pool) {
        Batch batch = new Batch();
        while (!Thread.currentThread().isInterrupted()) {
            batch.count = 0;
            one.receive(batch);
            for (int i = 0; i < batch.count; i++) {
                boolean fromOne = batch.port[i] == one.portIndex();
                record(path, batch, i, pool, fromOne ? one : other, fromOne ? other : one);
                carried++;
                superFrames += batch.gsoType[i] == Batch.GSO_NONE ? 0 : 1;
                (fromOne ? other : one).send(batch, i);
            }
            one.flush();
            other.flush();
            Thread.onSpinWait();
        }
    }

    private void record(FastPath path, Batch batch, int i, FramePool pool, FastPort from, FastPort to) {
        MemorySegment m = pool.memory();
        long start = batch.start[i];
        long ip = start + ETHERNET;
        boolean recordable = Ethernet.etherType(m, start) == 0x0800
                && Ipv4.protocol(m, ip) == TCP
                && (Layouts.u8(m, ip + 33) & 7) == 0;
        if (!recordable) {
            return;
        }
        Journey journey = Journey.between(
                        from.number(),
                        to.number(),
                        TCP,
                        dev.sluice.wire.IpAddress.ofIpv4(Ipv4.source(m, ip)).toString(),
                        Layouts.u16(m, ip + 20),
                        dev.sluice.wire.IpAddress.ofIpv4(Ipv4.destination(m, ip))
                                .toString(),
                        Layouts.u16(m, ip + 22))
                .macs(Ethernet.destination(m, start), Ethernet.source(m, start));
        if (path.offload().get(journey.key, java.lang.foreign.Arena.ofAuto().allocate(96, 8)) != 0) {
            path.offload().install(journey.key, journey.action);
            journeys.add(journey);
        }
    }
}
