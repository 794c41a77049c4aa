package dev.sluice.testkit;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.offload.OffloadReader;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A fast path in memory: repeats journeys byte by byte as docs/adr/0013 says, and so is the judge of every other one. Of a packet it reads no more than a kernel program would, and
 * shares no code with the data path's own stages. One user: the test.
 */
public final class MemoryOffload implements OffloadDevice, Repeater {
    /** Paths that have a generation of their own: few, so that some share one. */
    private static final int PATHS = 16;

    private static final int E2BIG = -7;
    private static final int ENOENT = -2;

    /**
     * A frame that was sent on.
     *
     * @param port index of the port it left by
     */
    public record Sent(int port, MemoryFrame frame) {}

    private final int capacity;
    private final IntPredicate attached;
    private final Map<ByteBuffer, MemorySegment> records = new HashMap<>();
    private final Map<String, Long> misses = new TreeMap<>();
    private final int[] pathGenerations = new int[PATHS];
    private final int[] portGenerations = new int[OffloadKey.INGRESS_MAX + 1];
    private int configGeneration;
    private boolean older;
    private int takeErrno;
    private int removeErrno;
    private long hits;
    private long tunnelled;
    private final Map<Integer, MemorySegment> tunnels = new HashMap<>();

    /** What the walk under way has still to hand out, null if none is. */
    private @Nullable List<ByteBuffer> walk;

    /**
     * A fast path without records.
     *
     * @param capacity most records
     * @param attached which ports, by their index, it is at
     */
    public MemoryOffload(int capacity, IntPredicate attached) {
        this.capacity = capacity;
        this.attached = attached;
    }

    // Packets.

    @Override
    public OffloadDevice device() {
        return this;
    }

    @Override
    public @Nullable Sent repeat(int port, MemoryFrame in, long nowNs) {
        int ingress = ingressOf(port);
        if (ingress == 0) {
            return null;
        }
        OffloadedFrame frame = OffloadedFrame.read(in);
        if (frame == null) {
            return miss("not for a fast path");
        }
        OffloadedTunnel tunnel = OffloadedTunnel.read(in, frame);
        MemorySegment inside = tunnel == null ? null : records.get(keyOf(tunnel, ingress));
        if (tunnel != null && inside != null) {
            return repeatInside(tunnel, frame, inside, nowNs);
        }
        MemorySegment action = records.get(keyOf(frame, ingress));
        if (action == null) {
            return miss("no record");
        }
        String refusal = refusal(frame, frame, action);
        if (refusal != null) {
            return miss(refusal);
        }
        if ((OffloadAction.flags(action, 0) & OffloadAction.PUSH) != 0 && !mayPush(frame, action)) {
            return miss("can't be pushed");
        }
        return sent(frame, action, nowNs);
    }

    /** What is in a tunnel. */
    private @Nullable Sent repeatInside(
            OffloadedTunnel tunnel, OffloadedFrame outer, MemorySegment action, long nowNs) {
        MemorySegment headers = headersOf(action);
        String refusal = refusal(tunnel.frame(), outer, action);
        if (refusal != null) {
            return miss(refusal);
        }
        if (!tunnel.hasMacs(headers)) {
            return miss("MAC addresses");
        }
        if (!tunnel.has(headers, outer)) {
            return miss("headers");
        }
        OffloadedFrame marked = tunnel.marked();
        if (marked == null) {
            return miss("congestion");
        }
        boolean through = (OffloadAction.flags(action, 0) & OffloadAction.PUSH) != 0;
        boolean sameLength = OffloadHeaders.pushedBytes(headers, 0) == tunnel.insideFrom() + marked.ipOffset()
                && headers.get(java.lang.foreign.ValueLayout.JAVA_BYTE, OffloadHeaders.PUSHED + 12)
                        == tunnel.bytes()[12];
        if (marked.isSuperUdp()
                || (through
                        && (!sameLength || OffloadAction.ttlDecrement(action, 0) != 0 || !mayPush(marked, action)))) {
            return miss("can't be pushed");
        }
        return sent(marked, action, nowNs);
    }

    private boolean mayPush(OffloadedFrame frame, MemorySegment action) {
        return !frame.isSuperUdp()
                && OffloadHeaders.pushedBytes(headersOf(action), 0) - 14 + frame.wholeIpBytes() <= 65_535;
    }

    private MemorySegment headersOf(MemorySegment action) {
        return Objects.requireNonNull(tunnels.get(OffloadAction.encapsulation(action, 0)), "headers of a record");
    }

    private Sent sent(OffloadedFrame frame, MemorySegment action, long nowNs) {
        hits++;
        int flags = OffloadAction.flags(action, 0);
        tunnelled += flags == 0 ? 0 : 1;
        OffloadAction.setCounters(
                action,
                0,
                OffloadAction.packets(action, 0) + frame.packets(),
                OffloadAction.bytes(action, 0) + frame.frameBytes(),
                (int) Math.floorDiv(nowNs, 1_000_000L));
        OffloadAction.setFrames(action, 0, OffloadAction.frames(action, 0) + 1);
        if ((flags & OffloadAction.PUSH) != 0) {
            MemorySegment headers = headersOf(action);
            byte[] pushed = headers.asSlice(OffloadHeaders.PUSHED, OffloadHeaders.pushedBytes(headers, 0))
                    .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            return new Sent(
                    OffloadAction.egress(action, 0) - 1, frame.pushed(pushed, OffloadAction.ttlDecrement(action, 0)));
        }
        MemoryFrame out = frame.rewritten(
                OffloadAction.newDestinationMac(action, 0),
                OffloadAction.newSourceMac(action, 0),
                OffloadAction.newOuterTag(action, 0),
                OffloadAction.newInnerTag(action, 0),
                OffloadAction.ttlDecrement(action, 0));
        return new Sent(OffloadAction.egress(action, 0) - 1, out);
    }

    /** Whether a frame is one that a fast path may repeat at all. */
    public static boolean isFor(MemoryFrame frame) {
        return OffloadedFrame.read(frame) != null;
    }

    private @Nullable String refusal(OffloadedFrame frame, OffloadedFrame outside, MemorySegment action) {
        if (OffloadAction.configGeneration(action, 0) != configGeneration) {
            return "configuration";
        }
        int path = OffloadAction.path(action, 0);
        if (path != 0 && OffloadAction.pathGeneration(action, 0) != pathGenerations[path % PATHS]) {
            return "path";
        }
        if (OffloadAction.egressGeneration(action, 0) != portGenerations[OffloadAction.egress(action, 0)]) {
            return "egress";
        }
        if (outside.destinationMac != OffloadAction.expectedDestinationMac(action, 0)
                || outside.sourceMac != OffloadAction.expectedSourceMac(action, 0)) {
            return "MAC addresses";
        }
        if (frame.ttl() <= OffloadAction.ttlDecrement(action, 0)) {
            return "TTL";
        }
        return frame.ipBytes() > OffloadAction.ipBytesMax(action, 0) ? "size" : null;
    }

    private @Nullable Sent miss(String why) {
        misses.merge(why, 1L, Long::sum);
        return null;
    }

    private static ByteBuffer keyOf(OffloadedTunnel tunnel, int ingress) {
        ByteBuffer key = keyOf(tunnel.frame(), ingress);
        MemorySegment memory = MemorySegment.ofBuffer(key);
        OffloadKey.setKind(memory, 0, OffloadKey.SERVICE_HEADER);
        OffloadKey.setServicePath(memory, 0, tunnel.servicePath(), tunnel.network());
        return key;
    }

    private static ByteBuffer keyOf(OffloadedFrame f, int ingress) {
        byte[] key = new byte[OffloadKey.BYTES];
        MemorySegment memory = MemorySegment.ofArray(key);
        OffloadKey.setSource(memory, 0, f.sourceHi, f.sourceLo);
        OffloadKey.setDestination(memory, 0, f.destinationHi, f.destinationLo);
        OffloadKey.setTransport(memory, 0, f.protocol, f.sourcePort, f.destinationPort);
        OffloadKey.setIngress(memory, 0, ingress);
        OffloadKey.setTags(memory, 0, f.outerTag, f.innerTag);
        return ByteBuffer.wrap(key);
    }

    /** The keys under which a frame may have a record, in the order in which they are looked for; none if it is not for a fast path. */
    static List<ByteBuffer> keysOf(MemoryFrame in, int ingress) {
        OffloadedFrame frame = OffloadedFrame.read(in);
        if (frame == null) {
            return List.of();
        }
        OffloadedTunnel tunnel = OffloadedTunnel.read(in, frame);
        ByteBuffer plain = keyOf(frame, ingress);
        return tunnel == null ? List.of(plain) : List.of(keyOf(tunnel, ingress), plain);
    }

    @Override
    public long hits() {
        return hits;
    }

    /** Of {@link #hits} those that came out of a tunnel, or went into one. */
    public long tunnelled() {
        return tunnelled;
    }

    @Override
    public Map<String, Long> misses() {
        return misses;
    }

    /** Records now, those that no longer hold included. */
    public int size() {
        return records.size();
    }

    // The data path's side.

    static ByteBuffer copy(MemorySegment key) {
        return ByteBuffer.wrap(key.asSlice(0, OffloadKey.BYTES).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    }

    @Override
    public int install(MemorySegment key, MemorySegment action) {
        ByteBuffer own = copy(key);
        if (records.size() >= capacity && !records.containsKey(own)) {
            return E2BIG;
        }
        byte[] value = action.asSlice(0, OffloadAction.BYTES).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        records.put(own, MemorySegment.ofArray(value));
        return 0;
    }

    @Override
    public int install(MemorySegment key, MemorySegment action, MemorySegment headers) {
        long ip = OffloadHeaders.PUSHED + Ethernet.BYTES;
        boolean ipv4 = OffloadHeaders.pushedBytes(headers, 0) != 0 && Layouts.u8(headers, ip) >>> 4 == 4;
        if (ipv4 && !Ipv4.checksumOk(headers, ip)) {
            throw new AssertionError("a header whose sum is wrong spoils the sum that a card made of the whole frame");
        }
        int answer = install(key, action);
        if (answer == 0) {
            byte[] own = headers.asSlice(0, OffloadHeaders.BYTES).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            tunnels.put(OffloadAction.encapsulation(action, 0), MemorySegment.ofArray(own));
        }
        return answer;
    }

    @Override
    public int remove(MemorySegment key) {
        if (removeErrno != 0) {
            return -removeErrno;
        }
        return forget(key) == null ? ENOENT : 0;
    }

    /**
     * From now on records cannot be taken out.
     *
     * @param errno what the device says then, 0: it works again
     * @param removed whether they can be removed all the same
     */
    public void takesFail(int errno, boolean removed) {
        takeErrno = errno;
        removeErrno = removed ? 0 : errno;
    }

    private @Nullable MemorySegment forget(MemorySegment key) {
        MemorySegment gone = records.remove(copy(key));
        int number = gone == null ? 0 : OffloadAction.encapsulation(gone, 0);
        MemorySegment headers = tunnels.get(number);
        if (gone != null && headers != null && OffloadHeaders.cookie(headers, 0) == OffloadAction.cookie(gone, 0)) {
            tunnels.remove(number);
        }
        return gone;
    }

    @Override
    public int take(MemorySegment key, MemorySegment last) {
        if (takeErrno != 0) {
            return -takeErrno;
        }
        return hand(forget(key), last);
    }

    @Override
    public int get(MemorySegment key, MemorySegment last) {
        return hand(records.get(copy(key)), last);
    }

    private static int hand(@Nullable MemorySegment action, MemorySegment last) {
        if (action == null) {
            return ENOENT;
        }
        MemorySegment.copy(action, 0, last, 0, OffloadAction.BYTES);
        return 0;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public void setConfigGeneration(int generation) {
        configGeneration = generation;
    }

    @Override
    public void setPathGeneration(int path, int generation) {
        pathGenerations[path % PATHS] = generation;
    }

    @Override
    public int pathCapacity() {
        return PATHS;
    }

    @Override
    public void setPortGeneration(int port, int generation) {
        portGenerations[port] = generation;
    }

    /** The data path is another one from now on, which finds what the one before has left. */
    public void handOver() {
        older = true;
        walk = null;
    }

    @Override
    public boolean holdsOlder() {
        return older;
    }

    @Override
    public int configGeneration() {
        return configGeneration;
    }

    @Override
    public int pathGeneration(int path) {
        return pathGenerations[path % PATHS];
    }

    @Override
    public int portGeneration(int port) {
        return portGenerations[port];
    }

    @Override
    public int read(OffloadReader reader, int max) {
        List<ByteBuffer> left = walk == null ? new ArrayList<>(records.keySet()) : walk;
        int handed = 0;
        while (handed < max && !left.isEmpty()) {
            ByteBuffer key = left.removeLast();
            MemorySegment action = records.get(key);
            if (action != null) {
                reader.record(MemorySegment.ofBuffer(key), 0, action, 0);
                handed++;
            }
        }
        walk = handed == 0 ? null : left;
        return handed == 0 ? WALK_ENDED : handed;
    }

    @Override
    public int ingressOf(int portIndex) {
        return attached.test(portIndex) ? portIndex + 1 : 0;
    }
}
