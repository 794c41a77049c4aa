package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeName;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.DerivedMac;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.configuration.AppliedConfiguration;
import dev.sluice.agent.flows.FlowCommands;
import dev.sluice.agent.report.ForetellReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import dev.sluice.agent.worker.WorkerQuestion;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.foretell.Foretelling;
import dev.sluice.datapath.foretell.ForetoldEnd;
import dev.sluice.datapath.foretell.ForetoldFrame;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Configuration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Says what would happen to a packet (issue: what-if): on a running node, by its worker between two batches; or on a node that has just started, from files alone. Any
 * thread; one question after the other.
 */
public final class Foreteller {
    private static final int ATTEMPTS = 5;
    private static final int FRAME_BYTES_MIN = 14;
    private static final int HEX_MAX = 2 * Foretelling.FRAME_BYTES_MAX;
    private static final int NAME_MAX = 100;
    private static final int SESSION_MAX = 20;
    private static final TraceFilter EVERYTHING =
            new TraceFilter(TraceFilter.PACKETS_MAX, 1, Optional.empty(), OptionalInt.empty());
    private static final long HOST_MAC = 0x0200_0000_0001L;
    private static final long OTHER_HOST_MAC = 0x0200_0000_0002L;
    private static final List<String> ASSUMPTIONS = List.of(
            "nothing else happens between now and the packet",
            "service nodes let it pass: those that bridge return the frame unchanged, those that route take one off its TTL",
            "frames are not scarce");

    private final Supplier<Snapshot> snapshot;
    private final FlowCommands.Ask worker;
    private final Liveness liveness;
    private final Foretelling foretelling;
    private boolean rehearsed;

    /** For packets over several nodes. */
    private final Foretelling overNodes;

    /** The one that {@link #overNodes} was asked about last; empty: none. */
    private String session = "";

    private Snapshot sessionSnapshot = Snapshot.empty();

    Foreteller(Supplier<Snapshot> snapshot, FlowCommands.Ask worker, Liveness liveness) {
        this.snapshot = snapshot;
        this.worker = worker;
        this.liveness = liveness;
        this.foretelling = new Foretelling(liveness);
        this.overNodes = new Foretelling(liveness);
    }

    /** The administration command. */
    public static AdminCommand command(Supplier<Snapshot> snapshot, FlowCommands.Ask worker, Liveness liveness) {
        Foreteller foreteller = new Foreteller(snapshot, worker, liveness);
        return new AdminCommand("foretell", List.of("port", "packet", "hex", "session", "tunnel"), foreteller::answer);
    }

    private ForetellReport answer(AdminRequest request) throws NodeException {
        return foretell(new Question(
                request.text("port", NAME_MAX).orElse(""),
                request.text("packet", PacketText.CHARACTERS_MAX),
                request.text("hex", HEX_MAX),
                request.text("session", SESSION_MAX),
                request.flag("tunnel")));
    }

    /**
     * What is asked.
     *
     * @param port where the packet comes in
     * @param packet its fields
     * @param hex the bytes of its frame
     * @param session of a packet over several nodes: all questions about it have the same, and what an earlier one has left here holds for the next; only the one asked about last is kept
     * @param tunnel the frame was sent by another node; it comes in where tunnels end
     */
    private record Question(
            String port, Optional<String> packet, Optional<String> hex, Optional<String> session, boolean tunnel) {}

    /**
     * What would happen on a node that runs these objects and has just started: no connections, no neighbours, everything alive.
     *
     * @param node the node of several
     * @param question {@code port} and one of {@code packet}, {@code hex}
     * @throws NodeException if the objects cannot be compiled or the question has no sense
     */
    public static ForetellReport ofFiles(Configuration objects, Optional<String> node, Map<String, String> question)
            throws NodeException {
        String name = NodeName.choose(objects, node);
        CompileResult compiled = new SnapshotCompiler(name, new IdRegistry())
                .compile(objects, interfaceName -> new InterfaceFacts(DerivedMac.of(interfaceName), 1500));
        if (compiled.node().isEmpty()) {
            throw new NodeException(AppliedConfiguration.errors(compiled.problems()));
        }
        Snapshot snapshot = compiled.node().get().snapshot();
        Liveness liveness = new Liveness(SnapshotCompiler.INDICES_MAX, SnapshotCompiler.INDICES_MAX);
        try (Datapath empty = Foretelling.newNode(snapshot, liveness)) {
            FlowCommands.Ask itself = new FlowCommands.Ask() {
                @Override
                public <T> T await(WorkerTask task, CompletableFuture<T> result) {
                    task.step(empty, 0);
                    return result.join();
                }
            };
            return new Foreteller(() -> snapshot, itself, liveness)
                    .foretell(new Question(
                            question.getOrDefault("port", ""),
                            Optional.ofNullable(question.get("packet")),
                            Optional.ofNullable(question.get("hex")),
                            Optional.empty(),
                            false));
        }
    }

    private synchronized ForetellReport foretell(Question asked) throws NodeException {
        if (asked.packet.isPresent() == asked.hex.isPresent()) {
            throw new NodeException("say either packet (its fields) or hex (the bytes of the frame)");
        }
        for (int i = 0; i < ATTEMPTS; i++) {
            Snapshot now = snapshot.get();
            ForetoldFrame frame = frame(asked, now);
            rehearse(now, frame);
            Optional<ForetellReport> report = ask(asked, now, frame);
            if (report.isPresent()) {
                return report.get();
            }
            pause();
        }
        throw new NodeException("the configuration changes faster than the question is answered; try again");
    }

    /** Empty: the worker has another configuration. */
    private Optional<ForetellReport> ask(Question asked, Snapshot now, ForetoldFrame frame) throws NodeException {
        boolean more = asked.session.isPresent() && asked.session.get().equals(session);
        Foretelling where = asked.session.isPresent() ? overNodes : foretelling;
        Datapath before = more ? where.told() : null;
        if (more && sessionSnapshot != now) {
            session = "";
            throw new NodeException("the configuration has changed while the packet was on its way; ask again");
        }
        Datapath own = before == null ? where.prepare(now) : before;
        CompletableFuture<TraceReport> told = new CompletableFuture<>();
        PacketStories stories = new PacketStories(own, EVERYTHING, told, () -> {});
        long[] tookNs = new long[1];
        WorkerQuestion<Optional<ForetoldEnd>> question = new WorkerQuestion<>((datapath, nowNs) -> {
            long beforeNs = System.nanoTime();
            ForetoldEnd end = before == null
                    ? where.tell(datapath, frame, stories, nowNs)
                    : where.tellMore(datapath, frame, stories, nowNs);
            tookNs[0] = System.nanoTime() - beforeNs;
            return Optional.ofNullable(end);
        });
        Optional<ForetoldEnd> end = worker.await(question, question.result());
        if (end.isEmpty()) {
            return Optional.empty();
        }
        if (asked.session.isPresent()) {
            session = asked.session.get();
            sessionSnapshot = now;
        }
        stories.finish();
        return Optional.of(report(now, told.join().packets(), end.get(), tookNs[0] / 1000));
    }

    private static ForetoldFrame frame(Question asked, Snapshot now) throws NodeException {
        if (asked.tunnel) {
            return ForetoldTunnel.arriving(now, bytes(asked.hex.orElse("")));
        }
        int port = PortNames.index(now, asked.port);
        return ForetoldFrame.plain(
                port, asked.hex.isPresent() ? bytes(asked.hex.get()) : frame(asked.packet.orElseThrow(), now, port));
    }

    /** Classes are loaded here at the first question, on an empty node, so that the worker need not do it. */
    private void rehearse(Snapshot now, ForetoldFrame frame) {
        if (rehearsed) {
            return;
        }
        rehearsed = true;
        try (Datapath empty = Foretelling.newNode(now, liveness)) {
            Datapath own = foretelling.prepare(now);
            PacketStories stories = new PacketStories(own, EVERYTHING, new CompletableFuture<>(), () -> {});
            foretelling.tell(empty, frame, stories, 0);
        }
    }

    /** The worker is about to take over the configuration that the node has in force. */
    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static byte[] frame(String packet, Snapshot snapshot, int port) throws NodeException {
        PortEntry entry = snapshot.port(port);
        boolean toPort = !entry.bridges();
        return PacketText.frame(packet, HOST_MAC, toPort ? entry.mac() : OTHER_HOST_MAC);
    }

    /** Bytes in hexadecimal, with white space and colons between them if wanted. */
    static byte[] bytes(String hex) throws NodeException {
        String digits = hex.replaceAll("[\\s:]", "").toLowerCase(Locale.ROOT);
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(digits);
        } catch (IllegalArgumentException e) {
            throw new NodeException(
                    "hex is not a frame in hexadecimal: " + AdminRequest.shorten(String.valueOf(e.getMessage()))
                            + "; allowed: pairs of 0..9, a..f, white space and colons",
                    e);
        }
        if (bytes.length < FRAME_BYTES_MIN || bytes.length > Foretelling.FRAME_BYTES_MAX) {
            throw new NodeException("hex is a frame of " + bytes.length + " bytes; allowed: " + FRAME_BYTES_MIN + ".."
                    + Foretelling.FRAME_BYTES_MAX + ", from the destination MAC address on, without FCS");
        }
        return bytes;
    }

    private static ForetellReport report(
            Snapshot snapshot, List<PacketReport> legs, ForetoldEnd end, long workerMicros) {
        ForetoldFrame left = end.frame();
        Optional<OverlayPeer> peer = left == null ? Optional.empty() : ForetoldTunnel.peer(snapshot, left);
        String port = end.port() < 0 ? "" : snapshot.port(end.port()).name();
        String reason = end.kind() == ForetoldEnd.Kind.DROPPED ? end.reason().toString() : "";
        String words = switch (end.kind()) {
            case SENT ->
                "leaves by " + port
                        + peer.map(to -> " in a tunnel to " + to.name()).orElse("");
            case COPIED -> "goes to all of its segment, as copies";
            case DROPPED -> "is dropped: " + reason + ". " + end.reason().sentence();
            case TAKEN -> taken(legs);
            case TRANSLATED ->
                "goes into " + end.node() + ", which rewrites addresses: what comes out cannot be foretold";
            case TTL_AT_NODE -> "ends in " + end.node() + ", which routes: its TTL is used up";
            case ENDLESS -> "goes round without end through its service nodes";
        };
        List<String> assumptions = new ArrayList<>(ASSUMPTIONS);
        if (snapshot.attachments().stream().noneMatch(node -> usesNode(legs, node))) {
            assumptions.remove(1);
        }
        String word = end.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
        return new ForetellReport(
                legs,
                word,
                port,
                reason,
                words,
                assumptions,
                workerMicros,
                peer.map(OverlayPeer::name).orElse(""),
                left == null || peer.isEmpty() ? "" : HexFormat.of().formatHex(left.bytes()));
    }

    private static boolean usesNode(List<PacketReport> legs, Attachment node) {
        return legs.stream()
                .flatMap(leg -> leg.steps().stream())
                .anyMatch(step -> step.startsWith("steer " + node.name() + " "));
    }

    private static String taken(List<PacketReport> legs) {
        List<String> last = legs.isEmpty() ? List.of() : legs.getLast().steps();
        return last.isEmpty() ? DropReason.NO_FRAME.toString() : last.getLast();
    }
}
