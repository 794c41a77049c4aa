package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.WallClock;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.flows.FlowCommands;
import dev.sluice.agent.report.CapturePart;
import dev.sluice.agent.worker.Worker;
import dev.sluice.agent.worker.WorkerQuestion;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.capture.PcapngWriter;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The captures that run, each for one client; those whose client stays away are ended. Any thread. */
public final class Captures {
    /** The fields of a request. */
    public static final List<String> FIELDS = List.of(
            "session",
            "end",
            "port",
            "stage",
            "address",
            "portNumber",
            "packets",
            "seconds",
            "packetBytes",
            "fileBytes",
            "brief");

    /** Most captures at a time. */
    static final int SESSIONS_MAX = 4;

    /** Longest capture. */
    static final int SECONDS_MAX = 86_400;

    private static final int PACKETS_MAX = 1_000_000_000;

    /** Least of a frame that is taken: what the filters look at. */
    private static final int PACKET_BYTES_MIN = 64;

    private static final int PACKET_BYTES_MAX = 65_536;

    /** Least of a file that is asked for: one frame with its interface fits. */
    private static final int FILE_BYTES_MIN = 4_096;

    /** What is kept free for the last block of a file. */
    private static final int STATISTICS_BYTES_MAX = 256;

    private static final long FORGET_NS = 10_000_000_000L;
    private static final long NS_PER_S = 1_000_000_000L;

    /** How long a request waits for a first frame. */
    private static final long WAIT_NS = 500_000_000L;

    private static final int LOOK_MS = 5;
    private static final int PART_BYTES_MAX = 4 << 20;
    private static final int NAME_MAX = 100;

    private final String node;
    private final Worker worker;
    private final Tracers tracers;
    private final Supplier<Snapshot> snapshot;
    private final FlowCommands.Ask ask;
    private final Map<String, Session> sessions = new LinkedHashMap<>();
    private long sequence;

    private static final class Session {
        final String name;
        final CaptureTap tap;
        final long endNs;

        /** Most bytes of its file; empty: any. */
        final OptionalInt fileBytesMax;

        final List<String> interfaces = new ArrayList<>();
        long usedNs;
        long frames;
        long fileBytes;
        boolean busy;
        boolean begun;

        /** The next frame does not fit into the file any more. */
        boolean fileFull;

        Session(String name, CaptureTap tap, long endNs, OptionalInt fileBytesMax) {
            this.name = name;
            this.tap = tap;
            this.endNs = endNs;
            this.fileBytesMax = fileBytesMax;
        }

        /** Whether no more frames are wanted. */
        boolean isFull() {
            return fileFull || tap.isFull();
        }

        boolean hasRoom(int bytes) {
            return fileBytesMax.isEmpty() || fileBytes + bytes + STATISTICS_BYTES_MAX <= fileBytesMax.getAsInt();
        }
    }

    /**
     * No captures yet.
     *
     * @param node whose, for who reads files of several
     */
    public Captures(String node, Worker worker, Tracers tracers, Supplier<Snapshot> snapshot, FlowCommands.Ask ask) {
        this.node = node;
        this.worker = worker;
        this.tracers = tracers;
        this.snapshot = snapshot;
        this.ask = ask;
    }

    /** The administration command. */
    public AdminCommand command() {
        return new AdminCommand("capture", FIELDS, this::answer);
    }

    private CapturePart answer(AdminRequest request) throws NodeException {
        Optional<String> name = request.text("session", NAME_MAX);
        forgetOld(System.nanoTime());
        if (name.isEmpty()) {
            return begin(request);
        }
        Session session = take(name.get());
        try {
            return part(session, request.flag("end"));
        } finally {
            giveBack(session);
        }
    }

    private CapturePart begin(AdminRequest request) throws NodeException {
        CaptureFilter filter = new CaptureFilter(
                stage(request), port(request), request.address("address"), request.port("portNumber"));
        int packets = request.number("packets", 1, PACKETS_MAX).orElse(PACKETS_MAX);
        int seconds = request.number("seconds", 1, SECONDS_MAX).orElse(SECONDS_MAX);
        CaptureTap.Bounds bounds = new CaptureTap.Bounds(
                packets,
                request.number("packetBytes", PACKET_BYTES_MIN, PACKET_BYTES_MAX)
                        .orElse(PACKET_BYTES_MAX),
                request.flag("brief"));
        OptionalInt fileBytes = request.number("fileBytes", FILE_BYTES_MIN, Integer.MAX_VALUE);
        long nowNs = System.nanoTime();
        byte[] section = PcapngWriter.section("Sluice, node " + node);
        Session session;
        synchronized (this) {
            if (sessions.size() >= SESSIONS_MAX) {
                throw new NodeException("more than " + SESSIONS_MAX + " captures at a time; end one, or try again in "
                        + FORGET_NS / NS_PER_S + " s");
            }
            String name = Long.toString(++sequence);
            session = new Session(
                    name,
                    new CaptureTap(worker.datapath(), tracers, filter, bounds, nowNs + FORGET_NS),
                    nowNs + seconds * NS_PER_S,
                    fileBytes);
            session.usedNs = nowNs;
            session.fileBytes = section.length;
            session.busy = true;
            sessions.put(name, session);
        }
        try {
            onWorker(datapath -> tracers.add(datapath, session.tap));
            giveBack(session);
        } catch (NodeException e) {
            forget(session);
            throw e;
        }
        return new CapturePart(session.name, base64(section), 0, 0, false, "");
    }

    private static Optional<CaptureFilter.Stage> stage(AdminRequest request) throws NodeException {
        String word = request.text("stage", NAME_MAX).orElse("all");
        if (word.equals("all")) {
            return Optional.empty();
        }
        List<String> words = new ArrayList<>();
        for (CaptureFilter.Stage stage : CaptureFilter.Stage.values()) {
            if (stage.word().equals(word.toLowerCase(Locale.ROOT))) {
                return Optional.of(stage);
            }
            words.add(stage.word());
        }
        throw new NodeException("stage " + AdminRequest.shorten(word) + " is not known; allowed: "
                + String.join(", ", words) + ", all");
    }

    private OptionalInt port(AdminRequest request) throws NodeException {
        Optional<String> name = request.text("port", NAME_MAX);
        return name.isEmpty() ? OptionalInt.empty() : OptionalInt.of(PortNames.index(snapshot.get(), name.get()));
    }

    private void onWorker(Consumer<Datapath> work) throws NodeException {
        WorkerQuestion<Boolean> question = new WorkerQuestion<>((datapath, _) -> {
            work.accept(datapath);
            return true;
        });
        ask.await(question, question.result());
    }

    private synchronized Session take(String name) throws NodeException {
        Session session = sessions.get(name);
        if (session == null) {
            throw new NodeException("this capture has ended: the node was restarted, or not asked for "
                    + FORGET_NS / NS_PER_S + " s; begin anew");
        }
        if (session.busy) {
            throw new NodeException("another request of this capture is running");
        }
        session.busy = true;
        session.tap.stayUntil(System.nanoTime() + FORGET_NS);
        return session;
    }

    private synchronized void giveBack(Session session) {
        session.busy = false;
        session.usedNs = System.nanoTime();
        session.tap.stayUntil(session.usedNs + FORGET_NS);
    }

    // Parts of the file.

    private CapturePart part(Session session, boolean askedToEnd) throws NodeException {
        long nowNs = System.nanoTime();
        long untilNs = Math.min(session.endNs, nowNs + WAIT_NS);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (!append(session, out) && !askedToEnd && !session.isFull() && System.nanoTime() < untilNs) {
            pause();
        }
        boolean done = askedToEnd || session.isFull() || System.nanoTime() >= session.endNs;
        if (done) {
            end(session);
            append(session, out);
            done = out.size() < PART_BYTES_MAX;
        }
        String end = "";
        if (done) {
            out.writeBytes(statistics(session));
            forget(session);
            end = end(session, askedToEnd);
        }
        return new CapturePart(session.name, base64(out.toByteArray()), session.frames, session.tap.lost(), done, end);
    }

    private static String end(Session session, boolean asked) {
        if (session.fileFull) {
            return "bytes";
        }
        return session.tap.isFull() ? "packets" : asked ? "asked" : "seconds";
    }

    /** Appends frames that wait; whether there were any. */
    private boolean append(Session session, ByteArrayOutputStream out) {
        int before = out.size();
        while (out.size() < PART_BYTES_MAX && !session.fileFull) {
            CaptureTap.Frame frame = session.tap.poll();
            if (frame == null) {
                break;
            }
            int described = session.interfaces.size();
            byte[] blocks = blocks(session, frame);
            if (!session.hasRoom(blocks.length)) {
                // Nor are interfaces there that only this frame would have been of.
                session.interfaces.subList(described, session.interfaces.size()).clear();
                session.fileFull = true;
                break;
            }
            out.writeBytes(blocks);
            session.fileBytes += blocks.length;
            session.frames++;
        }
        return out.size() > before;
    }

    /** A frame, behind the interfaces that it is the first one to need. */
    private byte[] blocks(Session session, CaptureTap.Frame frame) {
        ByteArrayOutputStream blocks = new ByteArrayOutputStream();
        int id = interfaceId(session, frame.port(), blocks);
        int direction = frame.inbound() ? PcapngWriter.INBOUND : PcapngWriter.OUTBOUND;
        blocks.writeBytes(PcapngWriter.packet(
                id, frame.epochNs(), frame.bytes(), frame.frameBytes(), direction, frame.comment()));
        return blocks.toByteArray();
    }

    /** An interface for each port by its name, written when a frame first needs it or a port is new; of a file of any size, all at its beginning. */
    private int interfaceId(Session session, int port, ByteArrayOutputStream out) {
        Snapshot now = snapshot.get();
        if (!session.begun && session.fileBytesMax.isEmpty()) {
            session.begun = true;
            for (int i = 0; i < now.portCount(); i++) {
                if (now.port(i).role() != PortEntry.Role.LINK) {
                    describe(session, now.port(i), out);
                }
            }
        }
        boolean known = port >= 0 && port < now.portCount();
        int id = session.interfaces.indexOf(known ? now.port(port).name() : "port " + port);
        if (id >= 0) {
            return id;
        }
        if (known) {
            describe(session, now.port(port), out);
        } else {
            session.interfaces.add("port " + port);
            out.writeBytes(PcapngWriter.networkInterface("port " + port, ""));
        }
        return session.interfaces.size() - 1;
    }

    private void describe(Session session, PortEntry port, ByteArrayOutputStream out) {
        session.interfaces.add(port.name());
        String role = port.role().name().toLowerCase(Locale.ROOT);
        out.writeBytes(PcapngWriter.networkInterface(port.name(), role + " port of node " + node));
    }

    private static byte[] statistics(Session session) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (session.interfaces.isEmpty()) {
            session.interfaces.add("none");
            out.writeBytes(PcapngWriter.networkInterface("none", "no frame was captured"));
        }
        long lost = session.tap.lost();
        String words = session.frames + " frames captured, " + lost + " lost because they were not taken fast enough";
        out.writeBytes(PcapngWriter.statistics(0, WallClock.epochNs(), lost, words));
        return out.toByteArray();
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end(Session session) throws NodeException {
        onWorker(datapath -> tracers.remove(datapath, session.tap));
    }

    private synchronized void forget(Session session) {
        sessions.remove(session.name);
    }

    /** Clients that went away do not come back; their taps take themselves out. */
    private synchronized void forgetOld(long nowNs) {
        sessions.values().removeIf(session -> !session.busy && nowNs - session.usedNs > FORGET_NS);
    }
}
