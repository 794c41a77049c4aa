package dev.sluice.fastpath;

import dev.sluice.ports.PortException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The kernel's program with its maps, loaded. One owner, which closes it; maps and programs live on while something else (a link, a pin) holds them. */
final class Program implements AutoCloseable {
    /** The compiled object for tc, beside this class. */
    static final String OBJECT = "fastpath.o";

    /** That for XDP. */
    static final String XDP_OBJECT = "fastpath-xdp.o";

    /** Maps whose size is a setting. */
    static final List<String> SIZED_MAPS = List.of("flows", "headers");

    /** What both have. */
    static final List<String> MAPS = List.of("flows", "headers", "globals", "paths", "ports", "ingresses", "counts");

    private static final String CAPABILITIES = "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN";
    private static final int LOG_BYTES = 256 * 1024;

    private final Libbpf bpf;
    private final MemorySegment object;

    private Program(Libbpf bpf, MemorySegment object) {
        this.bpf = bpf;
        this.object = object;
    }

    /** An object as it is kept in the tree. */
    static byte[] object(String name) {
        try (InputStream in = Program.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from this build");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(name + " cannot be read", e);
        }
    }

    /** Programs of an object: the one that is attached, and its like for {@link ProgramRun}. Each costs the verifier's time, so only one of them is loaded. */
    private record Pair(String object, String attached, String examined) {}

    /** What is attached at tc. */
    static final String TC_ATTACHED = "tc_ingress";

    /** What is attached at XDP. */
    static final String XDP_ATTACHED = "xdp_ingress";

    private static final Pair TC = new Pair(OBJECT, TC_ATTACHED, "tc_examined");
    private static final Pair XDP = new Pair(XDP_OBJECT, XDP_ATTACHED, "xdp_examined");

    /** What is done with an object between reading and loading it. */
    private interface Preparation {
        void prepare(MemorySegment object) throws PortException;
    }

    /**
     * Loads the programs for tc, and the maps.
     *
     * @param flowsMax entries of the map of journeys
     * @param pins where maps are to be pinned or taken from, by their names; empty: nowhere
     */
    static Program load(Libbpf bpf, int flowsMax, Map<String, String> pins) throws PortException {
        return load(bpf, TC, TC.attached(), flowsMax, pins);
    }

    /** The same without pins, for {@link ProgramRun}: the program for tc that can be looked at. */
    static Program loadExamined(Libbpf bpf, int flowsMax) throws PortException {
        return load(bpf, TC, TC.examined(), flowsMax, Map.of());
    }

    private static Program load(Libbpf bpf, Pair pair, String main, int flowsMax, Map<String, String> pins)
            throws PortException {
        return load(bpf, pair, main, object -> {
            SIZED_MAPS.forEach(map -> bpf.setMaxEntries(bpf.map(object, map), flowsMax));
            pins.forEach((map, path) -> bpf.setPinPath(bpf.map(object, map), path));
        });
    }

    /** Loads the one for XDP, with the maps of this one. */
    Program loadXdp() throws PortException {
        return loadXdp(XDP.attached());
    }

    /** The same for {@link ProgramRun}. */
    Program loadXdpExamined() throws PortException {
        return loadXdp(XDP.examined());
    }

    private Program loadXdp(String main) throws PortException {
        return load(bpf, XDP, main, xdp -> {
            for (String name : MAPS) {
                int answer = bpf.reuse(bpf.map(xdp, name), map(name));
                if (answer < 0) {
                    throw trouble("sharing the map " + name, answer);
                }
            }
        });
    }

    private static Program load(Libbpf bpf, Pair pair, String main, Preparation preparation) throws PortException {
        String name = pair.object();
        byte[] bytes = object(name);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment object = bpf.open(arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
            if (object.equals(MemorySegment.NULL)) {
                throw new PortException("fast path: libbpf cannot read " + name + " (" + bytes.length
                        + " bytes); it is older than 1.0, or the build is damaged");
            }
            Program program = new Program(bpf, object);
            MemorySegment log = arena.allocate(LOG_BYTES);
            boolean loaded = false;
            try {
                preparation.prepare(object);
                bpf.setLog(bpf.program(object, main), log);
                bpf.leaveOut(bpf.program(object, main.equals(pair.attached()) ? pair.examined() : pair.attached()));
                int answer = bpf.load(object);
                if (answer < 0) {
                    throw trouble("loading the program" + lastLine(log), answer);
                }
                loaded = true;
                return program;
            } finally {
                if (!loaded) {
                    program.close();
                }
            }
        }
    }

    private static String lastLine(MemorySegment log) {
        String text = log.getString(0, StandardCharsets.UTF_8);
        return text.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("processed "))
                .reduce((a, b) -> b)
                .map(line -> " (" + line.strip() + ")")
                .orElse("");
    }

    /** What went wrong, in words. */
    static PortException trouble(String step, int negativeErrno) {
        return PortException.of("fast path", step, negativeErrno, CAPABILITIES);
    }

    /** Descriptor of a map. */
    int map(String name) {
        return bpf.mapFd(bpf.map(object, name));
    }

    /** Descriptor of a program. */
    int program(String name) {
        return bpf.programFd(bpf.program(object, name));
    }

    @Override
    public void close() {
        bpf.close(object);
    }
}
