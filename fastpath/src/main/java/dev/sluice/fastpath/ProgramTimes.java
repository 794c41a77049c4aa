package dev.sluice.fastpath;

import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;

/**
 * How long the kernel takes for the program over single frames (BPF_PROG_TEST_RUN), without sending them anywhere: for benchmarks. It is the program that is attached to ports, as if frames came in at the
 * loopback interface. One user: the benchmark.
 *
 * <p>The kernel reads its clock before and after the program, so a time contains one reading of it: see {@link #emptyNs}.
 */
public final class ProgramTimes implements AutoCloseable {
    /** The program sends the frame to a port, or to the data path. */
    public static final int REDIRECTED = -1;

    /** The program drops the frame: nobody listens. */
    public static final int DROPPED = -2;

    /** The program leaves the frame to the kernel: by XDP to the program for tc. */
    public static final int LEFT = -3;

    private static final int LOOPBACK = 1;
    private static final int FRAME_BYTES_MAX = 2048;
    private static final int PORT = 1;
    private static final int OUT = 2;
    private static final int TC_SHOT = 2;
    private static final int TC_REDIRECT = 7;
    private static final int XDP_DROP = 1;
    private static final int XDP_REDIRECT = 4;

    private final Libbpf bpf;
    private final Hook hook;
    private final Program program;
    private final int emptyFd;
    private final int programFd;
    private final Program attached;
    private final KernelMaps maps;
    private final Arena arena = Arena.ofShared();
    private final TestRun test = new TestRun(arena);
    private final MemorySegment in = arena.allocate(FRAME_BYTES_MAX, 8);
    private final KernelOffload offload;
    private int answer;

    private ProgramTimes(Libbpf bpf, Hook hook, Program program, Program attached, KernelMaps maps, int flowsMax) {
        this.bpf = bpf;
        this.hook = hook;
        this.program = program;
        this.attached = attached;
        this.maps = maps;
        emptyFd = program.program("tc_swallow");
        programFd = attached.program(hook == Hook.XDP ? "xdp_ingress" : "tc_ingress");
        int[] numbers = new int[2];
        Arrays.setAll(numbers, index -> index + 1);
        offload = new KernelOffload(bpf, program.map("flows"), program.map("headers"), flowsMax, maps, numbers, arena);
        maps.setPort(OUT, LOOPBACK, 0, false);
        maps.setXdpOut(OUT, true);
    }

    /** Loads the program of a hook. Records are for port {@link #ingress} and leave by {@link #egress}. */
    public static ProgramTimes open(int flowsMax, Hook hook) throws PortException {
        Libbpf bpf = Libbpf.get();
        Program program = Program.load(bpf, FastPath.entriesFor(flowsMax), Map.of());
        Program attached = program;
        boolean opened = false;
        try {
            attached = hook == Hook.XDP ? program.loadXdp() : program;
            ProgramTimes times =
                    new ProgramTimes(bpf, hook, program, attached, KernelMaps.share(bpf, program), flowsMax);
            opened = true;
            return times;
        } finally {
            if (!opened) {
                close(program, attached);
            }
        }
    }

    private static void close(Program program, Program attached) {
        if (attached != program) {
            attached.close();
        }
        program.close();
    }

    /** The records that it runs with. */
    public KernelOffload offload() {
        return offload;
    }

    /** Number of the port that all frames come in by once {@link #takePort} has been called. */
    public int ingress() {
        return PORT;
    }

    /** Number of the port that frames can be sent to. */
    public int egress() {
        return OUT;
    }

    /** From now on frames come in at a port; before, at an interface that is none. */
    public void takePort() {
        maps.setPort(PORT, LOOPBACK, 0, false);
        try (Arena scratch = Arena.ofConfined()) {
            int put = bpf.mapUpdate(
                    program.map("ingresses"),
                    scratch.allocateFrom(ValueLayout.JAVA_INT, LOOPBACK),
                    scratch.allocateFrom(ValueLayout.JAVA_INT, PORT));
            if (put < 0) {
                throw new IllegalStateException("the kernel refuses a port: errno " + -put);
            }
        }
    }

    /** Whether somebody takes what is not repeated; otherwise it is dropped. */
    public void listen(boolean listens) {
        maps.setPuntInterface(listens ? LOOPBACK : 0);
    }

    /** The frame of the runs to come. */
    public void frame(byte[] frame) {
        MemorySegment.copy(frame, 0, in, ValueLayout.JAVA_BYTE, 0, frame.length);
        test.over(in, frame.length);
    }

    /** Runs a program of one instruction over the frame: what is not the program's in the times of {@link #runNs}. */
    public int emptyNs() {
        return timeNs(emptyFd);
    }

    /** Runs the program over the frame, which is afresh each time. */
    public int runNs() {
        return timeNs(programFd);
    }

    private int timeNs(int fd) {
        int done = test.run(bpf, fd);
        if (done < 0) {
            throw new IllegalStateException("the kernel refuses to run the program: errno " + -done);
        }
        answer = test.returned();
        return test.durationNs();
    }

    /** What became of the last frame: {@link #REDIRECTED}, {@link #DROPPED} or {@link #LEFT}. */
    public int became() {
        if (answer == (hook == Hook.XDP ? XDP_REDIRECT : TC_REDIRECT)) {
            return REDIRECTED;
        }
        return answer == (hook == Hook.XDP ? XDP_DROP : TC_SHOT) ? DROPPED : LEFT;
    }

    @Override
    public void close() {
        maps.close();
        close(program, attached);
        arena.close();
    }
}
