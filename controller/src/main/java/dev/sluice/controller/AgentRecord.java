package dev.sluice.controller;

import dev.sluice.controller.NodeState.Progress;
import dev.sluice.controller.Parts.Piece;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Kind;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Fault;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.InstanceLoad;
import dev.sluice.southbound.InstanceState;
import dev.sluice.southbound.Loads;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.RuntimeState;
import dev.sluice.southbound.Update;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What one node is to have, what it has, and what it was told. One thread. */
final class AgentRecord {
    /** A refusal is tried again after so long: it may have been the host that was in the way. */
    static final long RETRY_NS = 30_000_000_000L;

    /** Figures change all the time: they are told so often. */
    static final long FIGURES_NS = 30_000_000_000L;

    /** Of a refusal, so many faults stand in a state: an agent may find thousands, and the state is written for each object and node. */
    private static final int FAULTS_SHOWN_MAX = 5;

    private final String node;
    private final String nodeKey;
    private NavigableMap<String, Piece> wanted = new TreeMap<>();
    private Map<String, Held> held = new HashMap<>();
    private @Nullable AgentStream stream;
    private @Nullable Sent sent;
    private @Nullable Refused refused;
    private Map<String, Health> health = Map.of();

    /** The report whose figures were told last. */
    private Report told = Report.getDefaultInstance();

    /** The newest report, and when it came. */
    private Report latest = Report.getDefaultInstance();

    private long latestNs;
    private long figuresNs;
    private long bytesSent;
    private long updates;
    private long refusals;
    private boolean everSeen;

    /** Version of its program. */
    private String software = "";

    /** Which questions it answers. */
    private Set<String> answers = Set.of();

    /** What the changes said of flows in progress that were not sent yet. */
    private Set<Optional<ExistingFlows>> saidOfFlows = new HashSet<>();

    /** What its agent was told of loads over this stream; null: nothing. */
    private @Nullable Loads toldLoads;

    /**
     * What a node has.
     *
     * @param generation of the object; 0: not known
     */
    private record Held(String version, long generation) {}

    /** An update without an answer. */
    private record Sent(
            long nonce, Map<String, Held> after, Set<String> keys, Set<Optional<ExistingFlows>> saidOfFlows) {}

    /**
     * What a node does not take.
     *
     * @param fingerprint of everything that it would hold then
     */
    private record Refused(String fingerprint, List<Fault> faults, Set<String> keys, long atNs) {}

    AgentRecord(String node) {
        this.node = node;
        nodeKey = WantedObject.key(Kind.NODE, node);
    }

    String node() {
        return node;
    }

    boolean connected() {
        return stream != null;
    }

    /** Whether its agent has ever come. */
    boolean seen() {
        return everSeen;
    }

    boolean holds(Set<String> keys) {
        return keys.stream().anyMatch(wanted::containsKey);
    }

    /** Of everything that it is to have, and of itself. */
    Set<String> keys() {
        Set<String> keys = new HashSet<>(wanted.keySet());
        keys.add(nodeKey);
        return keys;
    }

    long bytesSent() {
        return bytesSent;
    }

    // What happens.

    /**
     * What it is to have from now on.
     *
     * @param flows what the change means for flows in progress; empty: what the Node object says
     * @return the keys whose state is another now
     */
    Set<String> want(NavigableMap<String, Piece> pieces, Optional<ExistingFlows> flows) {
        Set<String> changed = new HashSet<>();
        pieces.forEach((key, piece) -> {
            if (!piece.equals(wanted.get(key))) {
                changed.add(key);
            }
        });
        wanted.keySet().stream().filter(key -> !pieces.containsKey(key)).forEach(changed::add);
        wanted = pieces;
        if (!changed.isEmpty()) {
            saidOfFlows.add(flows);
        }
        return changed;
    }

    /** Its agent has come, over a stream that replaces any before. */
    void connect(AgentStream newStream, Hello hello) {
        if (stream != null) {
            stream.end();
        }
        stream = newStream;
        software = hello.getSoftware();
        answers = Set.copyOf(hello.getAnswersList());
        everSeen = true;
        toldLoads = null;
        unsend();
        refused = null;
        Map<String, Held> now = new HashMap<>();
        hello.getHeldMap().forEach((key, version) -> {
            Piece piece = wanted.get(key);
            Held before = held.get(key);
            long generation = piece != null && piece.version().equals(version)
                    ? piece.generation()
                    : before != null && before.version.equals(version) ? before.generation : 0;
            now.put(key, new Held(version, generation));
        });
        held = now;
    }

    /** The stream has ended; whether it was the one in use. */
    boolean disconnect(AgentStream ended) {
        if (!ended.equals(stream)) {
            return false;
        }
        stream = null;
        unsend();
        health = Map.of();
        told = Report.getDefaultInstance();
        latest = told;
        return true;
    }

    /**
     * Takes a report.
     *
     * @param parts say of which objects its word counts
     * @param watcher hears what works no more, or again
     * @return keys of objects of which it says something else than the one before; the node's own for figures too, but not often
     */
    Set<String> report(Report newReport, long nowNs, Parts parts, AgentWatcher watcher) {
        Set<String> keys = new HashSet<>();
        latest = newReport;
        latestNs = nowNs;
        Map<String, Health> old = health;
        Map<String, Health> now = read(newReport);
        health = now;
        old.keySet().stream().filter(key -> !now.containsKey(key)).forEach(keys::add);
        now.forEach((key, said) -> {
            Health before = old.get(key);
            if (!said.equals(before)) {
                keys.add(key);
            }
            boolean news = before == null ? !said.good() : before.good() != said.good();
            if (news && parts.isThereFor(key, node)) {
                watcher.health(key, said);
            }
        });
        if (told.equals(Report.getDefaultInstance()) || nowNs - figuresNs >= FIGURES_NS) {
            figuresNs = nowNs;
            told = newReport;
            keys.add(nodeKey);
        }
        return keys;
    }

    private Map<String, Health> read(Report of) {
        Map<String, Health> said = new HashMap<>();
        of.getPortsList()
                .forEach(port -> said.put(
                        WantedObject.key(Kind.PORT, port.getName()),
                        new Health(node, port.getUp(), AgentText.cut(port.getDescription()))));
        of.getInstancesList()
                .forEach(instance -> said.put(
                        WantedObject.key(Kind.SERVICE_INSTANCE, instance.getName()),
                        new Health(node, instance.getAlive(), AgentText.cut(instance.getReason()))));
        return said;
    }

    /** What was sent may not be in force: what was said with it is said again with what is sent next. */
    private void unsend() {
        if (sent != null) {
            saidOfFlows.addAll(sent.saidOfFlows);
            sent = null;
        }
    }

    /** The keys whose state is another now; none if it is no answer to what was sent last. */
    Set<String> answered(Answer answer, long nowNs) {
        Sent update = sent;
        if (update == null || update.nonce != answer.getNonce()) {
            return Set.of();
        }
        if (answer.getAccepted()) {
            sent = null;
        } else {
            unsend();
        }
        Set<String> keys = new HashSet<>(update.keys);
        if (refused != null) {
            keys.addAll(refused.keys);
        }
        if (answer.getAccepted()) {
            held = update.after;
            refused = null;
        } else {
            refusals++;
            refused = new Refused(fingerprint(update.after), answer.getFaultsList(), update.keys, nowNs);
        }
        return keys;
    }

    private static String fingerprint(Map<String, Held> held) {
        return Protocol.fingerprint(
                held.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().version)));
    }

    /**
     * Sends what it does not have, unless it has not answered yet or refuses just that. If what it refuses is no longer wanted and it has all else, that is said by an update without objects.
     *
     * @return whether something was sent
     */
    boolean push(long nonce, long nowNs) {
        AgentStream to = stream;
        if (to == null || sent != null) {
            return false;
        }
        List<Piece> changed = wanted.values().stream()
                .filter(piece -> !piece.version().equals(version(piece.key())))
                .toList();
        List<String> removed = held.keySet().stream()
                .filter(key -> !wanted.containsKey(key))
                .sorted()
                .toList();
        if (changed.isEmpty() && removed.isEmpty()) {
            // It has all that was said of them, or it came to nothing: the next change has words of its own.
            saidOfFlows = new HashSet<>();
            if (refused == null) {
                return false;
            }
        }
        Map<String, Held> after = new HashMap<>();
        wanted.forEach((key, piece) -> after.put(key, new Held(piece.version(), piece.generation())));
        String fingerprint = fingerprint(after);
        if (refused != null && refused.fingerprint.equals(fingerprint) && nowNs - refused.atNs < RETRY_NS) {
            return false;
        }
        Set<String> keys = new HashSet<>(removed);
        changed.forEach(piece -> keys.add(piece.key()));
        sent = new Sent(nonce, after, keys, saidOfFlows);
        saidOfFlows = new HashSet<>();
        updates++;
        send(to, sent, changed, removed, fingerprint);
        return true;
    }

    /** Why it cannot be asked; empty: it was. */
    String question(String word, Question question) {
        AgentStream to = stream;
        if (to == null) {
            return "its agent is not connected";
        }
        if (!answers.contains(word)) {
            return "its agent (version " + (software.isEmpty() ? "unknown" : software)
                    + ") does not answer such questions: upgrade it, or ask on the host itself";
        }
        to.send(FromController.newBuilder().setQuestion(question).build());
        return "";
    }

    private String version(String key) {
        Held now = held.get(key);
        return now == null ? "" : now.version;
    }

    private void send(AgentStream to, Sent update, List<Piece> changed, List<String> removed, String fingerprint) {
        Update.Builder part = Update.newBuilder().setNonce(update.nonce);
        long bytes = 0;
        for (Piece piece : changed) {
            if (bytes > 0 && bytes + piece.text().length() > Protocol.PART_BYTES) {
                send(to, part.setMore(true).build());
                part = Update.newBuilder().setNonce(update.nonce);
                bytes = 0;
            }
            part.addResources(Resource.newBuilder()
                    .setName(piece.key())
                    .setVersion(piece.version())
                    .setText(piece.text()));
            bytes += piece.text().length();
        }
        part.addAllRemoved(removed).setFingerprint(fingerprint);
        part.setExistingFlows(
                together(update.saidOfFlows).map(ExistingFlows::word).orElse(""));
        send(to, part.build());
    }

    /** What changes mean together for flows in progress. Nobody's flows may stay on what another change was to end, so migrate goes first and keep last. */
    private static Optional<ExistingFlows> together(Set<Optional<ExistingFlows>> said) {
        Optional<ExistingFlows> migrate = Optional.of(ExistingFlows.MIGRATE);
        if (said.contains(migrate)) {
            return migrate;
        }
        if (said.size() == 1) {
            return said.iterator().next();
        }
        boolean automatic = said.contains(Optional.of(ExistingFlows.AUTO)) && !said.contains(Optional.empty());
        return automatic ? Optional.of(ExistingFlows.AUTO) : Optional.empty();
    }

    private void send(AgentStream to, Update update) {
        bytesSent += update.getSerializedSize();
        to.send(FromController.newBuilder().setUpdate(update).build());
    }

    /** Tells how loaded instances are that the node has, if that is another than it was told. */
    void tellLoads(Map<String, Integer> levels) {
        AgentStream to = stream;
        Loads.Builder own = Loads.newBuilder();
        levels.forEach((name, level) -> {
            if (wanted.containsKey(WantedObject.key(Kind.SERVICE_INSTANCE, name))) {
                own.putLevels(name, level);
            }
        });
        Loads now = own.build();
        Loads before = toldLoads;
        if (to != null && (before == null || !now.equals(before))) {
            toldLoads = now;
            FromController message = FromController.newBuilder().setLoads(now).build();
            bytesSent += message.getSerializedSize();
            to.send(message);
        }
    }

    // What can be said of it.

    /** Adds what it says of the instances on its host that serve; those of other hosts are not its own to speak of. */
    void measured(Parts parts, Map<String, LoadLevels.Measured> all) {
        Map<String, OptionalInt> processor = new HashMap<>();
        latest.getRuntimesList().stream()
                .filter(RuntimeState::hasCpuPermille)
                .forEach(run -> processor.put(run.getName(), OptionalInt.of(run.getCpuPermille())));
        Set<String> serving = latest.getInstancesList().stream()
                .filter(InstanceState::getAlive)
                .map(InstanceState::getName)
                .collect(Collectors.toSet());
        for (InstanceLoad load : latest.getLoadsList()) {
            boolean own = parts.isThereFor(WantedObject.key(Kind.SERVICE_INSTANCE, load.getName()), node);
            if (own && load.getHere() && serving.contains(load.getName())) {
                all.put(
                        load.getName(),
                        new LoadLevels.Measured(
                                load.getPackets(), processor.getOrDefault(load.getName(), OptionalInt.empty())));
            }
        }
    }

    /** What the node says of an object, or what is known of the node itself; null if that is nothing. */
    @Nullable
    Health health(String key) {
        if (key.equals(nodeKey)) {
            return new Health(node, connected(), connected() ? "" : away());
        }
        return health.get(key);
    }

    /** What the node counted, if the object is the node itself. */
    Optional<Figures> figures(String key) {
        if (!connected() || told.equals(Report.getDefaultInstance()) || !key.equals(nodeKey)) {
            return Optional.empty();
        }
        return Optional.of(
                new Figures(told.getGeneration(), told.getConnections(), told.getUninspected(), told.getDropsMap()));
    }

    /** What it says of instances. */
    HostWord word() {
        return HostWord.of(node, connected(), latest, latestNs);
    }

    /** How it is getting on. */
    AgentFigures figures() {
        return new AgentFigures(node, connected(), refused != null, updates, refusals, bytesSent);
    }

    private String away() {
        return everSeen ? "its agent is not connected" : "no agent of this name has connected yet";
    }

    /** Whether a fault is about an object that the node is to have or has: of others it cannot say anything. */
    boolean isAbout(String title) {
        String[] parts = title.split("/", 2);
        Optional<Kind> kind = Kind.named(parts[0]);
        String key = kind.isPresent() && parts.length == 2 ? WantedObject.key(kind.get(), parts[1]) : "";
        return wanted.containsKey(key) || held.containsKey(key) || (refused != null && refused.keys.contains(key));
    }

    /** Whether the object is one that the node is to have, or has although it is gone. */
    boolean concerns(String key) {
        return wanted.containsKey(key);
    }

    /** How far the node is with an object that it is to have. */
    NodeState state(String key, String title) {
        Piece piece = wanted.get(key);
        Held now = held.get(key);
        if (piece == null) {
            throw new IllegalArgumentException(node + " is not to have " + key);
        }
        long generation = now == null ? 0 : now.generation;
        if (now != null && now.version.equals(piece.version())) {
            return new NodeState(node, Progress.APPLIED, piece.generation(), "");
        }
        if (stream == null) {
            return new NodeState(node, Progress.NOT_CONNECTED, generation, away());
        }
        Refused no = refused;
        if (no == null || sent != null || !no.keys.contains(key)) {
            return new NodeState(node, Progress.UNDER_WAY, generation, "was told and has not answered yet");
        }
        List<Fault> why = new ArrayList<>();
        List<Fault> others = new ArrayList<>();
        for (Fault fault : no.faults) {
            boolean own = fault.getObject().equals(title) || fault.getObject().isEmpty();
            (own ? why : others).add(fault);
        }
        return why.isEmpty()
                ? new NodeState(
                        node,
                        Progress.HELD_UP,
                        generation,
                        "came together with what is refused: " + shown(others, true))
                : new NodeState(node, Progress.REFUSED, generation, shown(why, false));
    }

    private static String shown(List<Fault> faults, boolean named) {
        String first = faults.stream()
                .limit(FAULTS_SHOWN_MAX)
                .map(fault -> (named ? fault.getObject() + " " : "")
                        + (fault.getField().isEmpty() ? "" : fault.getField() + ": ")
                        + fault.getMessage())
                .collect(Collectors.joining("; "));
        int more = faults.size() - FAULTS_SHOWN_MAX;
        return AgentText.cut(first) + (more > 0 ? "; and " + more + " more" : "");
    }
}
