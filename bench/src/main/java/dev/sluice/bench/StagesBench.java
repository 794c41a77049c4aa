package dev.sluice.bench;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.fastpath.Hook;
import dev.sluice.fastpath.ProgramTimes;
import dev.sluice.lab.LabException;
import dev.sluice.ports.PortException;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/**
 * P3: what a packet costs in the kernel's program, by what is done to it: the program that is attached to ports, run over single frames. Each row does a little more than one before it, so that
 * differences say what a step costs. No frame is sent: what a redirect or a wire costs is not in it.
 */
final class StagesBench implements AutoCloseable {
    private static final int RUNS = 20_000;
    private static final int TAG = 0x8100_0064;
    private static final long OTHER_MAC = 0x0200_0000_0033L;

    private final Hook hook;
    private final ProgramTimes program;
    private final int flows;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment key = arena.allocate(OffloadKey.BYTES, 8);
    private final MemorySegment action = arena.allocate(OffloadAction.BYTES, 8);
    private final MemorySegment headers = arena.allocate(OffloadHeaders.BYTES, 8);
    private final Map<String, List<Double>> rows = new LinkedHashMap<>();
    private int encapsulation;

    private StagesBench(Hook hook, int flows) throws PortException {
        this.hook = hook;
        this.flows = flows;
        program = ProgramTimes.open(2 * flows + 64, hook);
    }

    static int run(Options options) {
        int flows = options.flows(1 << 20);
        Report report = new Report(
                "stages", "the kernel's program over single frames of 60 bytes, by what it does; ns of each");
        report.fact("records", flows);
        report.fact("runs of each row and round", RUNS);
        for (Hook hook : Hook.values()) {
            if (!options.wants(hook.word())) {
                continue;
            }
            try (StagesBench bench = new StagesBench(hook, flows)) {
                for (int round = 0; round < options.rounds(); round++) {
                    bench.round(round == 0);
                }
                bench.print(report);
            } catch (PortException e) {
                throw new LabException("the program cannot be loaded: " + e.getMessage(), e);
            }
        }
        report.write();
        return 0;
    }

    private void round(boolean first) {
        byte[] plain = StageFrames.udp(0).bytes();
        double harness = median(_ -> plain, true, 0);
        row("the kernel's clock, read twice (taken off below)", harness);
        if (first) {
            row("an interface that is no port", median(_ -> plain, false, ProgramTimes.LEFT) - harness);
            program.takePort();
        } else {
            // The port stays.
            row(
                    "an interface that is no port",
                    Objects.requireNonNull(rows.get("an interface that is no port"))
                            .getFirst());
        }
        int left = hook == Hook.XDP ? ProgramTimes.LEFT : ProgramTimes.DROPPED;
        program.listen(false);
        time("parsed: a SYN, left", StageFrames.syn(), harness, left);
        time("the same and looked up: no record, left", StageFrames.udp(1 << 24).bytes(), harness, left);
        if (hook == Hook.TC) {
            program.listen(true);
            time(
                    "no record, handed to the data path",
                    StageFrames.udp(1 << 24).bytes(),
                    harness,
                    ProgramTimes.REDIRECTED);
        }
        if (first) {
            install();
        }
        int sent = ProgramTimes.REDIRECTED;
        time("repeated: MAC addresses, redirect", plain, harness, sent);
        time("the same, IPv6", StageFrames.udp6().bytes(), harness, sent);
        time("and TTL, checksum (routed)", frame(Kind.ROUTED), harness, sent);
        time("and a tag that is there is taken off", frame(Kind.UNTAGGED), harness, sent);
        time("a tag is put on", frame(Kind.TAGGED), harness, sent);
        time("into Geneve with service header", frame(Kind.PUSHED), harness, sent);
        time("out of Geneve with service header", StageFrames.carried(frame(Kind.POPPED)), harness, sent);
        SplittableRandom random = new SplittableRandom(1);
        byte[][] some = new byte[RUNS][];
        Arrays.setAll(some, _ -> StageFrames.udp(random.nextInt(flows)).bytes());
        row("repeated, of " + flows + " records any", median(i -> some[i], false, sent) - harness);
    }

    /** What there is a record for beside the flows that are only redirected. */
    private enum Kind {
        ROUTED,
        UNTAGGED,
        TAGGED,
        PUSHED,
        POPPED
    }

    /** A flow of its own for each kind, behind those of the last row. */
    private static int flowOf(Kind kind) {
        return (1 << 22) + List.of(Kind.values()).indexOf(kind);
    }

    private byte[] frame(Kind kind) {
        var packet = StageFrames.udp(flowOf(kind));
        return (kind == Kind.UNTAGGED ? packet.tag(TAG >>> 16, TAG & 0xffff) : packet).bytes();
    }

    private void install() {
        for (int flow = 0; flow < flows; flow++) {
            key(flow);
            action(0);
            put(false);
        }
        OffloadKey.clear(key, 0);
        OffloadKey.setSource(key, 0, 0xfd00_0000_0000_0000L, 1);
        OffloadKey.setDestination(key, 0, 0xfd00_0000_0000_0000L, 2);
        OffloadKey.setTransport(key, 0, IpProtocols.UDP, 1024, 1024);
        OffloadKey.setIngress(key, 0, program.ingress());
        action(0);
        put(false);
        for (Kind kind : Kind.values()) {
            key(flowOf(kind));
            action(kind == Kind.ROUTED ? 1 : 0);
            switch (kind) {
                case ROUTED -> {}
                case UNTAGGED -> OffloadKey.setTags(key, 0, TAG, 0);
                case TAGGED -> OffloadAction.setNewTags(action, 0, TAG, 0);
                case PUSHED -> push(StageFrames.udp(0).bytes());
                case POPPED -> pop();
            }
            put(kind == Kind.PUSHED || kind == Kind.POPPED);
        }
    }

    private void key(int flow) {
        OffloadKey.clear(key, 0);
        OffloadKey.setSource(key, 0, 0, IpAddress.IPV4_MAPPED | 0x0a00_0001L);
        OffloadKey.setDestination(key, 0, 0, IpAddress.IPV4_MAPPED | 0x0a00_0002L);
        OffloadKey.setTransport(key, 0, IpProtocols.UDP, 1024 + (flow & 0x7fff), 1024 + (flow >> 15));
        OffloadKey.setIngress(key, 0, program.ingress());
    }

    private void action(int ttlDecrement) {
        OffloadAction.clear(action, 0);
        OffloadAction.setExpectedMacs(action, 0, StageFrames.SERVER_MAC, StageFrames.CLIENT_MAC);
        OffloadAction.setNewMacs(action, 0, OTHER_MAC, StageFrames.SERVER_MAC);
        OffloadAction.setTtlDecrement(action, 0, ttlDecrement);
        OffloadAction.setEgress(action, 0, program.egress(), 0);
        OffloadAction.setIpBytesMax(action, 0, 1500);
    }

    private void push(byte[] inside) {
        byte[] outer = StageFrames.outer(inside.length);
        byte[] pushed = Arrays.copyOf(outer, outer.length + LINK_BYTES);
        System.arraycopy(inside, 0, pushed, outer.length, LINK_BYTES);
        tunnel(OffloadAction.PUSH);
        OffloadHeaders.setPushedBytes(headers, 0, pushed.length, LINK_BYTES);
        MemorySegment.copy(MemorySegment.ofArray(pushed), 0, headers, OffloadHeaders.PUSHED, pushed.length);
    }

    private static final int LINK_BYTES = 14;
    private static final int GENEVE = 42;

    private void pop() {
        byte[] outer = StageFrames.outer(0);
        tunnel(OffloadAction.POP);
        int expected = outer.length - GENEVE;
        OffloadHeaders.setExpectedBytes(headers, 0, expected);
        MemorySegment.copy(MemorySegment.ofArray(outer), GENEVE, headers, OffloadHeaders.EXPECTED, expected);
        OffloadHeaders.setSource(headers, 0, 0, IpAddress.IPV4_MAPPED | 0xc000_0201L);
        OffloadHeaders.setDestination(headers, 0, 0, IpAddress.IPV4_MAPPED | 0xc000_0202L);
        OffloadHeaders.setInnerMacs(headers, 0, StageFrames.SERVER_MAC, StageFrames.CLIENT_MAC);
        OffloadKey.setKind(key, 0, OffloadKey.SERVICE_HEADER);
        OffloadKey.setServicePath(key, 0, StageFrames.SERVICE_PATH, StageFrames.NETWORK);
        OffloadAction.setExpectedMacs(action, 0, 0x0200_0000_0009L, 0x0200_0000_0008L);
    }

    private void tunnel(int flag) {
        encapsulation++;
        OffloadHeaders.clear(headers, 0);
        OffloadHeaders.setCookie(headers, 0, encapsulation);
        OffloadAction.setCookie(action, 0, encapsulation);
        OffloadAction.setEncapsulation(action, 0, encapsulation);
        OffloadAction.setFlags(action, 0, flag);
    }

    private void put(boolean withHeaders) {
        int answer = withHeaders
                ? program.offload().install(key, action, headers)
                : program.offload().install(key, action);
        if (answer != 0) {
            throw new LabException("the kernel takes no record: errno " + -answer);
        }
    }

    private void time(String name, byte[] frame, double harness, int becomes) {
        row(name, median(_ -> frame, false, becomes) - harness);
    }

    private void row(String name, double ns) {
        rows.computeIfAbsent(name, _ -> new ArrayList<>()).add(ns);
    }

    private double median(IntFunction<byte[]> frames, boolean empty, int becomes) {
        int[] ns = new int[RUNS];
        byte[] before = {};
        for (int i = 0; i < RUNS; i++) {
            byte[] frame = frames.apply(i);
            if (!Arrays.equals(frame, before)) {
                program.frame(frame);
                before = frame;
            }
            ns[i] = empty ? program.emptyNs() : program.runNs();
            if (!empty && program.became() != becomes) {
                throw new LabException("stages: a frame of " + frame.length + " bytes became " + program.became()
                        + " instead of " + becomes + "; the bench and the program do not fit");
            }
        }
        Arrays.sort(ns);
        return ns[RUNS / 2];
    }

    private void print(Report report) {
        report.line(String.format(Locale.ROOT, "%n%-52s %8s %8s %8s", "ns, " + hook.word(), "median", "min", "max"));
        rows.forEach((name, values) -> {
            Series series = new Series(values);
            report.line(String.format(
                    Locale.ROOT, "%-52s %8.0f %8.0f %8.0f", name, series.median(), series.min(), series.max()));
            report.put(
                    hook.word() + ": " + name,
                    Map.of("median", series.median(), "min", series.min(), "max", series.max()));
        });
    }

    @Override
    public void close() {
        program.close();
        arena.close();
    }
}
