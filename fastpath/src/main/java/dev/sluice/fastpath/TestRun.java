package dev.sluice.fastpath;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A run of a program over one frame, without interfaces: struct bpf_test_run_opts of libbpf (bpf/bpf.h; BPF_PROG_TEST_RUN). One user. */
final class TestRun {
    private static final int BYTES = 80;
    private static final int DATA_IN = 8;
    private static final int DATA_OUT = 16;
    private static final int DATA_SIZE_IN = 24;
    private static final int DATA_SIZE_OUT = 28;
    private static final int CONTEXT_IN = 32;
    private static final int CONTEXT_OUT = 40;
    private static final int CONTEXT_SIZE_IN = 48;
    private static final int CONTEXT_SIZE_OUT = 52;
    private static final int RETURN_VALUE = 56;
    private static final int REPEAT = 60;
    private static final int DURATION = 64;

    private final MemorySegment options;

    TestRun(Arena arena) {
        options = arena.allocate(BYTES, 8);
    }

    /** Runs to come are over the first bytes of this memory, without context, and what becomes of the frame is not kept. */
    void over(MemorySegment frame, int frameBytes) {
        options.fill((byte) 0);
        options.set(ValueLayout.JAVA_LONG, 0, BYTES);
        options.set(ValueLayout.ADDRESS, DATA_IN, frame);
        options.set(ValueLayout.JAVA_INT, DATA_SIZE_IN, frameBytes);
        options.set(ValueLayout.JAVA_INT, REPEAT, 1);
    }

    /** As above, with a context of so many bytes before and after, and room for what becomes of the frame. */
    void over(
            MemorySegment frame,
            int frameBytes,
            MemorySegment frameAfter,
            MemorySegment context,
            MemorySegment contextAfter,
            int contextBytes) {
        over(frame, frameBytes);
        options.set(ValueLayout.ADDRESS, DATA_OUT, frameAfter);
        options.set(ValueLayout.JAVA_INT, DATA_SIZE_OUT, (int) frameAfter.byteSize());
        options.set(ValueLayout.ADDRESS, CONTEXT_IN, context);
        options.set(ValueLayout.ADDRESS, CONTEXT_OUT, contextAfter);
        options.set(ValueLayout.JAVA_INT, CONTEXT_SIZE_IN, contextBytes);
        options.set(ValueLayout.JAVA_INT, CONTEXT_SIZE_OUT, contextBytes);
    }

    /** Runs a program; 0 or a negative errno. */
    int run(Libbpf bpf, int programFd) {
        return bpf.testRun(programFd, options);
    }

    /** What the program returned. */
    int returned() {
        return options.get(ValueLayout.JAVA_INT, RETURN_VALUE);
    }

    /** Bytes of the frame after the run. */
    int frameBytesAfter() {
        return options.get(ValueLayout.JAVA_INT, DATA_SIZE_OUT);
    }

    /** How long it took. */
    int durationNs() {
        return options.get(ValueLayout.JAVA_INT, DURATION);
    }
}
