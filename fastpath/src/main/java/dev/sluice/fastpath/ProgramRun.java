package dev.sluice.fastpath;

import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's program run over single frames, without interfaces: for tests that compare it with what the records say (BPF_PROG_TEST_RUN). One user: the test.
 *
 * <p>It is the very code that is attached to interfaces, ended by a note of what it would do instead of doing it.
 */
public final class ProgramRun implements AutoCloseable {
    /** Shortest frame that the kernel runs a program over. */
    public static final int FRAME_BYTES_MIN = 14;

    /** Longest one. */
    public static final int FRAME_BYTES_MAX = 3000;

    private static final int EINVAL = 22;
    private static final int CONTEXT_BYTES = 192;
    private static final int CONTEXT_MARK = 8;
    private static final int CONTEXT_CB = 48;
    private static final int CONTEXT_GSO_SEGMENTS = 164;
    private static final int CONTEXT_GSO_SIZE = 176;
    private static final int PORT_INDICES = 4096;

    /**
     * What became of a frame.
     *
     * @param why REPLAYED, or why it is left to the data path
     * @param interfaceIndex where it would be sent
     * @param frame its bytes, with all its tags; null if it is left to the data path
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by its parts in tests, never as a whole
    public record Result(PuntReason why, int interfaceIndex, byte @Nullable [] frame) {}

    /** Of struct xdp_md. */
    private static final int XDP_CONTEXT_BYTES = 24;

    /** In front of a frame: the number of its port, as metadata. */
    private static final int XDP_PORT_BYTES = 4;

    private static final int WHY_BITS = 8;

    private final Libbpf bpf;
    private final Hook hook;
    private final Program program;
    private final @Nullable Program xdp;
    private final KernelMaps maps;
    private final KernelOffload offload;
    private final int programFd;
    private final Arena arena = Arena.ofShared();
    private final TestRun test = new TestRun(arena);
    private final MemorySegment context = arena.allocate(CONTEXT_BYTES, 8);
    private final MemorySegment contextAfter = arena.allocate(CONTEXT_BYTES, 8);
    private final MemorySegment in = arena.allocate(XDP_PORT_BYTES + FRAME_BYTES_MAX, 8);
    private final MemorySegment out = arena.allocate(FRAME_BYTES_MAX + 256, 8);

    private ProgramRun(Libbpf bpf, Hook hook, Program program, @Nullable Program xdp, KernelMaps maps, int flowsMax) {
        this.bpf = bpf;
        this.hook = hook;
        this.program = program;
        this.maps = maps;
        this.xdp = xdp;
        this.programFd = xdp == null ? program.program("tc_examined") : xdp.program("xdp_examined");
        int[] numbers = new int[PORT_INDICES];
        Arrays.setAll(numbers, index -> index + 1 < KernelMaps.PORTS ? index + 1 : 0);
        offload = new KernelOffload(bpf, program.map("flows"), program.map("headers"), flowsMax, maps, numbers, arena);
    }

    /** Loads the program; the port with index i has the number i + 1. */
    public static ProgramRun open(int flowsMax) throws PortException {
        return open(flowsMax, Hook.TC);
    }

    /** As above, with the program of a hook. */
    public static ProgramRun open(int flowsMax, Hook hook) throws PortException {
        Libbpf bpf = Libbpf.get();
        Program program = Program.loadExamined(bpf, flowsMax);
        Program xdp = null;
        boolean opened = false;
        try {
            xdp = hook == Hook.XDP ? program.loadXdpExamined() : null;
            ProgramRun run = new ProgramRun(bpf, hook, program, xdp, KernelMaps.share(bpf, program), flowsMax);
            opened = true;
            return run;
        } finally {
            if (!opened) {
                close(program, xdp);
            }
        }
    }

    private static void close(Program program, @Nullable Program xdp) {
        if (xdp != null) {
            xdp.close();
        }
        program.close();
    }

    /** The records that it runs with. */
    public KernelOffload offload() {
        return offload;
    }

    /** Descriptor of a map of the program. */
    int map(String name) {
        return program.map(name);
    }

    /** Says that a port has an interface; 0: it has none. */
    public void port(int number, int interfaceIndex) {
        maps.setPort(number, interfaceIndex, 0, false);
        maps.setXdpOut(number, interfaceIndex != 0);
    }

    /**
     * Runs the program over one frame.
     *
     * @param ingress number of the port it comes in by
     * @param gsoSizeBytes payload of each segment if it is a super-frame, else 0; there are none in XDP
     * @return null if the kernel does not run programs over such a frame: it says that it is IP and ends in the IP header
     */
    public @Nullable Result run(byte[] frame, int ingress, int gsoSizeBytes) {
        return hook == Hook.XDP ? runXdp(frame, ingress) : runTc(frame, ingress, gsoSizeBytes);
    }

    private Result runXdp(byte[] frame, int ingress) {
        in.set(ValueLayout.JAVA_INT, 0, ingress);
        MemorySegment.copy(frame, 0, in, ValueLayout.JAVA_BYTE, XDP_PORT_BYTES, frame.length);
        int bytes = XDP_PORT_BYTES + frame.length;
        context.fill((byte) 0);
        context.setAtIndex(ValueLayout.JAVA_INT, 0, XDP_PORT_BYTES);
        context.setAtIndex(ValueLayout.JAVA_INT, 1, bytes);
        test.over(in, bytes, out, context, contextAfter, XDP_CONTEXT_BYTES);
        int answer = test.run(bpf, programFd);
        if (answer < 0) {
            throw new IllegalStateException(
                    "the kernel refuses to run the program over " + frame.length + " bytes: errno " + -answer);
        }
        int said = test.returned();
        PuntReason why = PuntReason.BY_NUMBER.get(said & ((1 << WHY_BITS) - 1));
        int after = test.frameBytesAfter() - XDP_PORT_BYTES;
        byte[] whole = out.asSlice(XDP_PORT_BYTES, after).toArray(ValueLayout.JAVA_BYTE);
        return new Result(why, said >>> WHY_BITS, why == PuntReason.REPLAYED ? whole : null);
    }

    private @Nullable Result runTc(byte[] frame, int ingress, int gsoSizeBytes) {
        MemorySegment.copy(frame, 0, in, ValueLayout.JAVA_BYTE, 0, frame.length);
        context.fill((byte) 0);
        context.set(ValueLayout.JAVA_INT, CONTEXT_MARK, ingress);
        context.set(ValueLayout.JAVA_INT, CONTEXT_GSO_SIZE, gsoSizeBytes);
        context.set(ValueLayout.JAVA_INT, CONTEXT_GSO_SEGMENTS, gsoSizeBytes == 0 ? 0 : 1);
        test.over(in, frame.length, out, context, contextAfter, CONTEXT_BYTES);
        int answer = test.run(bpf, programFd);
        if (answer == -EINVAL) {
            return null;
        }
        if (answer < 0) {
            throw new IllegalStateException(
                    "the kernel refuses to run the program over " + frame.length + " bytes: errno " + -answer);
        }
        PuntReason why = PuntReason.BY_NUMBER.get(contextAfter.get(ValueLayout.JAVA_INT, CONTEXT_CB));
        int interfaceIndex = contextAfter.get(ValueLayout.JAVA_INT, CONTEXT_CB + 4);
        return new Result(why, interfaceIndex, why == PuntReason.REPLAYED ? frameAfter() : null);
    }

    /** The outermost tag may be beside the frame. */
    private byte[] frameAfter() {
        int bytes = test.frameBytesAfter();
        int tag = contextAfter.get(ValueLayout.JAVA_INT, CONTEXT_CB + 8);
        byte[] after = new byte[bytes + (tag == 0 ? 0 : 4)];
        int shift = tag == 0 ? 0 : 4;
        MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 0, after, 0, 12);
        if (tag != 0) {
            dev.sluice.wire.Layouts.putU32(MemorySegment.ofArray(after), 12, tag);
        }
        MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 12, after, 12 + shift, bytes - 12);
        return after;
    }

    @Override
    public void close() {
        maps.close();
        close(program, xdp);
        arena.close();
    }
}
