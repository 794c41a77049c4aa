package dev.sluice.testkit;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.offload.OffloadReader;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.fastpath.Hook;
import dev.sluice.fastpath.ProgramRun;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's own program and maps in front of a data path in memory, whose time is the test's. One user: the test, which needs the right to load programs; no interface is touched.
 *
 * <p>The program writes down the kernel's time: what is read of a record has the test's in its place, of the last frame that it was repeated for. Which record that was is told by the frame, and
 * the kernel must have counted it there.
 */
public final class KernelRepeater implements OffloadDevice, Repeater, AutoCloseable {
    private static final int E2BIG = -7;

    /** Ports with an interface that could be sent to; no world has as many. */
    private static final int PORTS = 256;

    /** Of a port's interface: its index in the kernel, that of the port added. */
    private static final int FIRST_INTERFACE = 1000;

    private static final int JOURNEYS_MAX = 4096;
    private static final int ETHERNET = 14;
    private static final int TAG = 4;
    private static final int IPV6_HEADER = 40;

    private final ProgramRun program;
    private final Hook hook;
    private final MemorySegment scratchKey = Arena.ofAuto().allocate(OffloadKey.BYTES, 8);
    private final MemorySegment scratch = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);
    private final Map<ByteBuffer, Known> records = new HashMap<>();
    private final Map<String, Long> misses = new TreeMap<>();
    private int capacity = JOURNEYS_MAX;
    private IntPredicate attached = _ -> true;
    private long hits;
    private long superFrames;

    /** What is known of a record here: the test's time of its last frame, and how many there were. */
    private static final class Known {
        int seenMs;
        long frames;
    }

    private KernelRepeater(ProgramRun program, Hook hook) {
        this.program = program;
        this.hook = hook;
        for (int port = 0; port < PORTS; port++) {
            program.port(port + 1, FIRST_INTERFACE + port);
        }
    }

    /** Loads the program for a hook. */
    public static KernelRepeater open(Hook hook) throws PortException {
        ProgramRun program = ProgramRun.open(JOURNEYS_MAX, hook);
        boolean opened = false;
        try {
            KernelRepeater repeater = new KernelRepeater(program, hook);
            opened = true;
            return repeater;
        } finally {
            if (!opened) {
                program.close();
            }
        }
    }

    /**
     * Begins anew without records, for another data path: loading takes long.
     *
     * @param newCapacity most records, at most 4,096
     * @param nowAttached which ports, by their index, it is at
     * @return this
     */
    public KernelRepeater anew(int newCapacity, IntPredicate nowAttached) {
        List<ByteBuffer> old = List.copyOf(records.keySet());
        old.forEach(key -> remove(scratchKey.copyFrom(MemorySegment.ofBuffer(key))));
        capacity = newCapacity;
        attached = nowAttached;
        hits = 0;
        misses.clear();
        return this;
    }

    // Packets.

    @Override
    public OffloadDevice device() {
        return this;
    }

    @Override
    public MemoryOffload.@Nullable Sent repeat(int port, MemoryFrame in, long nowNs) {
        int ingress = ingressOf(port);
        int bytes = in.bytes().length;
        if (ingress == 0) {
            return null;
        }
        if (bytes < ProgramRun.FRAME_BYTES_MIN || bytes > ProgramRun.FRAME_BYTES_MAX) {
            return miss("cannot be run");
        }
        if (hook == Hook.XDP && in.gsoType() != Batch.GSO_NONE) {
            return miss("super-frames do not come to XDP");
        }
        ProgramRun.Result done = program.run(in.bytes(), ingress, in.gsoSizeBytes());
        byte[] out = done == null ? null : done.frame();
        if (done == null || out == null) {
            return miss(done == null ? "cannot be run" : done.why().name());
        }
        count(in, ingress, nowNs);
        return new MemoryOffload.Sent(done.interfaceIndex() - FIRST_INTERFACE, withOffloads(in, out));
    }

    private MemoryOffload.@Nullable Sent miss(String why) {
        misses.merge(why, 1L, Long::sum);
        return null;
    }

    /** It was repeated by one of the records that it may have, and is counted there. */
    private void count(MemoryFrame in, int ingress, long nowNs) {
        hits++;
        superFrames += in.gsoType() == Batch.GSO_NONE ? 0 : 1;
        for (ByteBuffer key : MemoryOffload.keysOf(in, ingress)) {
            Known record = records.get(key);
            if (record != null) {
                record.seenMs = (int) Math.floorDiv(nowNs, 1_000_000L);
                record.frames++;
                int answer = program.offload().get(scratchKey.copyFrom(MemorySegment.ofBuffer(key)), scratch);
                if (answer != 0 || OffloadAction.frames(scratch, 0) != record.frames) {
                    throw new AssertionError("the kernel repeated a frame, and counted "
                            + OffloadAction.frames(scratch, 0) + " at its record instead of " + record.frames);
                }
                return;
            }
        }
        throw new AssertionError("the kernel repeated a frame for which there is no record");
    }

    /** What goes with a frame beside its bytes stays, and is as far from its end as before. */
    private static MemoryFrame withOffloads(MemoryFrame in, byte[] out) {
        int moved = out.length - packetEnd(in.bytes());
        boolean partial = (in.offload() & Batch.CHECKSUM_PARTIAL) != 0;
        boolean whole = in.gsoType() == Batch.GSO_NONE;
        return new MemoryFrame(
                out,
                in.offload(),
                in.gsoType(),
                in.gsoSizeBytes(),
                whole ? in.gsoHeaderBytes() : in.gsoHeaderBytes() + moved,
                partial ? in.csumStart() + moved : in.csumStart(),
                in.csumOffset());
    }

    /** Where padding begins, of a frame that the program has read. */
    private static int packetEnd(byte[] frame) {
        ByteBuffer b = ByteBuffer.wrap(frame);
        int l3 = ETHERNET;
        for (int type = u16(b, l3 - 2); type == 0x8100 || type == 0x88a8 || type == 0x9100; type = u16(b, l3 - 2)) {
            l3 += TAG;
        }
        return l3 + (u16(b, l3 - 2) == 0x0800 ? u16(b, l3 + 2) : IPV6_HEADER + u16(b, l3 + 4));
    }

    private static int u16(ByteBuffer b, int at) {
        return b.getShort(at) & 0xffff;
    }

    @Override
    public long hits() {
        return hits;
    }

    /** Of all frames that were repeated since it was opened, the super-frames. */
    public long superFrames() {
        return superFrames;
    }

    @Override
    public Map<String, Long> misses() {
        return misses;
    }

    // The data path's side.

    @Override
    public int install(MemorySegment key, MemorySegment action) {
        return installed(key, action, isFull(key) ? E2BIG : program.offload().install(key, action));
    }

    @Override
    public int install(MemorySegment key, MemorySegment action, MemorySegment headers) {
        return installed(key, action, isFull(key) ? E2BIG : program.offload().install(key, action, headers));
    }

    private boolean isFull(MemorySegment key) {
        return records.size() >= capacity && !records.containsKey(MemoryOffload.copy(key));
    }

    private int installed(MemorySegment key, MemorySegment action, int answer) {
        if (answer == 0) {
            Known record = new Known();
            record.seenMs = OffloadAction.lastSeenMs(action, 0);
            record.frames = OffloadAction.frames(action, 0);
            records.put(MemoryOffload.copy(key), record);
        }
        return answer;
    }

    @Override
    public int remove(MemorySegment key) {
        records.remove(MemoryOffload.copy(key));
        return program.offload().remove(key);
    }

    @Override
    public int take(MemorySegment key, MemorySegment last) {
        int answer = program.offload().take(key, last);
        setTime(key, 0, last, 0, answer);
        records.remove(MemoryOffload.copy(key));
        return answer;
    }

    @Override
    public int get(MemorySegment key, MemorySegment last) {
        int answer = program.offload().get(key, last);
        setTime(key, 0, last, 0, answer);
        return answer;
    }

    private void setTime(MemorySegment key, long keyBase, MemorySegment last, long base, int answer) {
        Known record = records.get(MemoryOffload.copy(key.asSlice(keyBase)));
        if (record != null && answer == 0) {
            OffloadAction.setCounters(
                    last, base, OffloadAction.packets(last, base), OffloadAction.bytes(last, base), record.seenMs);
        }
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public void setConfigGeneration(int generation) {
        program.offload().setConfigGeneration(generation);
    }

    @Override
    public void setPathGeneration(int path, int generation) {
        program.offload().setPathGeneration(path, generation);
    }

    @Override
    public int pathCapacity() {
        return program.offload().pathCapacity();
    }

    @Override
    public void setPortGeneration(int port, int generation) {
        program.offload().setPortGeneration(port, generation);
    }

    @Override
    public int read(OffloadReader reader, int max) {
        OffloadReader timed = (keys, keyBase, actions, base) -> {
            setTime(keys, keyBase, actions, base, 0);
            reader.record(keys, keyBase, actions, base);
        };
        return program.offload().read(timed, max);
    }

    @Override
    public int ingressOf(int portIndex) {
        return portIndex < PORTS && attached.test(portIndex) ? portIndex + 1 : 0;
    }

    @Override
    public void close() {
        program.close();
    }
}
