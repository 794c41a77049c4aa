package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.OutcomeUnknownException;
import dev.sluice.agent.compile.LoginSessions;
import dev.sluice.agent.report.AnalysisReport;
import dev.sluice.agent.report.AttributesReport;
import dev.sluice.agent.report.CapturePart;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.FollowReport;
import dev.sluice.agent.report.ForetellReport;
import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.InstructionsReport;
import dev.sluice.agent.report.LivenessReport;
import dev.sluice.agent.report.MacsReport;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PlanesReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.TextsReport;
import dev.sluice.agent.report.TraceReport;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Asks a node over its administration socket; one connection per request. Any thread. */
public final class AdminClient {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** With it an analysis may take somewhat less than the time after which nodes cut off who waits. */
    private static final Duration ANALYSIS = Duration.ofSeconds(50);

    /** Longest reply: 100,000 flows are far below. */
    private static final int LINE_BYTES_MAX = 256 << 20;

    /** Requests that change what runs: without an answer nobody knows whether they did. */
    private static final Set<String> CHANGING = Set.of("reload", "rollback", "confirm", "instance");

    /** Requests whose answer takes as long as is asked for. */
    private static final Set<String> WAITING = Set.of("trace", "capture", "follow");

    private static final Duration NOTICE = Duration.ofSeconds(2);

    private final Path socket;
    private final Duration timeout;
    private final @Nullable Runnable waits;

    /** A client of the node that listens on this path. */
    public AdminClient(Path socket) {
        this(socket, TIMEOUT);
    }

    AdminClient(Path socket, Duration timeout) {
        this(socket, timeout, null);
    }

    private AdminClient(Path socket, Duration timeout, @Nullable Runnable waits) {
        this.socket = socket;
        this.timeout = timeout;
        this.waits = waits;
    }

    /** The same, which tells once per request, after two seconds, that there is no answer yet; from another thread. */
    public AdminClient telling(Runnable waits) {
        return new AdminClient(socket, timeout, waits);
    }

    /** How long an answer may take, in seconds. */
    public long timeoutSeconds() {
        return timeout.toSeconds();
    }

    /** What runs and how it is. */
    public StatusReport status() throws NodeException {
        return as(request("status", Map.of()), StatusReport.class);
    }

    /**
     * Connections.
     *
     * @param filters any of {@code limit} (number), {@code address} (text), {@code port} (number)
     */
    public FlowsReport flows(Map<String, ?> filters) throws NodeException {
        return as(request("flows", filters), FlowsReport.class);
    }

    /**
     * Instructions for single flows.
     *
     * @param fields {@code limit} (number), or nothing
     */
    public InstructionsReport instructions(Map<String, ?> fields) throws NodeException {
        return as(request("flow-list", fields), InstructionsReport.class);
    }

    /** Drop reasons and counters of the data path. */
    public CountersReport counters() throws NodeException {
        return as(request("counters", Map.of()), CountersReport.class);
    }

    /**
     * What happens to packets from now on; waits until enough came or the time is over.
     *
     * @param seconds longest time, 1..60
     * @param fields any of {@code packets} (number), {@code address} (text), {@code port} (number), {@code name} (8 hexadecimal digits, to end it by)
     */
    public TraceReport trace(int seconds, Map<String, ?> fields) throws NodeException {
        Map<String, Object> all = new LinkedHashMap<>(fields);
        all.put("seconds", seconds);
        AdminClient patient = new AdminClient(socket, timeout.plusSeconds(Math.max(seconds, 0)));
        return as(patient.request("trace", all), TraceReport.class);
    }

    /** Ends a trace before its time, by its {@code session} or {@code name}; nothing happens if it is not running. */
    public void endTrace(String session) throws NodeException {
        request("trace-end", Map.of("session", session));
    }

    /** Rules and what they decided. */
    public RulesReport rules() throws NodeException {
        return as(request("rules", Map.of()), RulesReport.class);
    }

    /** What logical switches have learned. */
    public MacsReport macs() throws NodeException {
        return as(request("macs", Map.of()), MacsReport.class);
    }

    /** The paths of its chains. */
    public PathsReport paths() throws NodeException {
        return as(request("paths", Map.of()), PathsReport.class);
    }

    /**
     * Says that paths have failed, or work again.
     *
     * @param state failed or restored
     * @param paths names or identifiers; with restored also {@code all}
     */
    public JsonNode tellPaths(String state, List<String> paths) throws NodeException {
        return request("path", Map.of("state", state, "paths", String.join(" ", paths)));
    }

    /** Which routers are on which service planes. */
    public PlanesReport planes() throws NodeException {
        return as(request("planes", Map.of()), PlanesReport.class);
    }

    /** Who is watched, and what came of it. */
    public LivenessReport liveness() throws NodeException {
        return as(request("liveness", Map.of()), LivenessReport.class);
    }

    /**
     * Contextual attributes that are set.
     *
     * @param limit most of them
     */
    public AttributesReport attributes(int limit) throws NodeException {
        return as(request("attributes", Map.of("limit", limit)), AttributesReport.class);
    }

    /**
     * What would happen to a packet.
     *
     * @param question {@code port}, and one of {@code packet} (its fields) and {@code hex} (the bytes of its frame)
     */
    public ForetellReport foretell(Map<String, ?> question) throws NodeException {
        return as(request("foretell", question), ForetellReport.class);
    }

    /**
     * The next part of a capture.
     *
     * @param fields {@code session} of the answer before, and {@code end} (true) to end it; of the first request any of {@code stage}, {@code port}, {@code address} (texts),
     *     {@code portNumber}, {@code packets}, {@code seconds} (numbers)
     */
    public CapturePart capture(Map<String, ?> fields) throws NodeException {
        return as(request("capture", fields), CapturePart.class);
    }

    /** What is doubtful about the rules in force; waits longer than for other answers, since many rules take their time. */
    public AnalysisReport analyze() throws NodeException {
        AdminClient patient = new AdminClient(socket, timeout.plus(ANALYSIS));
        return as(patient.request("analyze", Map.of()), AnalysisReport.class);
    }

    /**
     * The next part of what happens to connections.
     *
     * @param fields any of {@code session} (text, of the answer before), {@code events} (number), {@code busiest} (number), {@code address} (text),
     *     {@code port} (number)
     */
    public FollowReport follow(Map<String, ?> fields) throws NodeException {
        return as(request("follow", fields), FollowReport.class);
    }

    /** Lets the node read its configuration again; the generation in force. */
    public int reload() throws NodeException {
        return reload(Map.of()).generation();
    }

    /**
     * Lets the node read its configuration again.
     *
     * @param fields any of {@code confirmSeconds} (number), {@code force} (true or false), {@code existingFlows} (auto, keep, migrate), {@code login} (text; what is found
     *     of this process otherwise)
     */
    public ReloadReport reload(Map<String, ?> fields) throws NodeException {
        return as(request("reload", withLogin(fields)), ReloadReport.class);
    }

    /** The configurations that were in force. */
    public HistoryReport history() throws NodeException {
        return as(request("history", Map.of()), HistoryReport.class);
    }

    /**
     * What a configuration holds.
     *
     * @param which number of a revision, {@code running}, {@code good} or {@code files}
     */
    public TextsReport texts(String which) throws NodeException {
        return as(request("texts", Map.of("revision", which)), TextsReport.class);
    }

    /**
     * Lets the node run an earlier revision.
     *
     * @param fields any of {@code revision} (number; the one before by default), {@code force} (true or false), {@code login} as for {@link #reload(Map)}
     */
    public ReloadReport rollback(Map<String, ?> fields) throws NodeException {
        return as(request("rollback", withLogin(fields)), ReloadReport.class);
    }

    /** A node that runs as a service does not see who asks: a change must not take the interface over which he is logged in. */
    private static Map<String, ?> withLogin(Map<String, ?> fields) {
        String login = fields.containsKey("login") ? "" : LoginSessions.ofCaller();
        if (login.isEmpty()) {
            return fields;
        }
        Map<String, Object> all = new LinkedHashMap<>(fields);
        all.put("login", login);
        return all;
    }

    /** Keeps the change that waits for its confirmation. */
    public ReloadReport confirm() throws NodeException {
        return as(request("confirm", Map.of()), ReloadReport.class);
    }

    /**
     * Gives a service instance another administrative state until it is reset, over restarts too.
     *
     * @param state up, down, drain, maintenance, or reset for what the files say
     */
    public JsonNode administer(String instance, String state) throws NodeException {
        return request("instance", Map.of("name", instance, "state", state));
    }

    /** Ends the node. */
    public void stop() throws NodeException {
        request("stop", Map.of());
    }

    /**
     * Sends a request.
     *
     * @return the reply, without {@code ok}
     * @throws OutcomeUnknownException if a change was asked for and no answer came
     * @throws NodeException if nobody answers, or the node says why not
     */
    public JsonNode request(String command, Map<String, ?> fields) throws NodeException {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("command", command);
        request.putAll(fields);
        Runnable told = waits;
        Thread notice = told == null || WAITING.contains(command)
                ? null
                : Thread.ofVirtual().start(() -> tellThatItWaits(told));
        String reply;
        try {
            reply = exchange(AdminRequests.JSON.writeValueAsString(request), CHANGING.contains(command));
        } finally {
            if (notice != null) {
                notice.interrupt();
            }
        }
        JsonNode node;
        try {
            node = AdminRequests.JSON.readTree(reply);
        } catch (JacksonException e) {
            throw new NodeException(socket + ": what answers there is not a Sluice node: " + e.getOriginalMessage(), e);
        }
        if (!(node instanceof ObjectNode object) || !object.path("ok").isBoolean()) {
            throw new NodeException(socket + ": what answers there is not a Sluice node");
        }
        if (!object.path("ok").booleanValue()) {
            String why = object.path("error").asString("the node gives no reason");
            throw object.path(AdminRequests.MAY_BE_APPLIED).asBoolean(false)
                    ? new OutcomeUnknownException(why)
                    : new NodeException(why);
        }
        object.remove("ok");
        return object;
    }

    private static void tellThatItWaits(Runnable told) {
        try {
            Thread.sleep(NOTICE);
            told.run();
        } catch (InterruptedException _) {
            // The answer is there.
        }
    }

    private static <T> T as(JsonNode reply, Class<T> type) throws NodeException {
        try {
            return AdminRequests.JSON.treeToValue(reply, type);
        } catch (JacksonException e) {
            throw new NodeException(
                    "the node is of another version than this command: " + e.getOriginalMessage()
                            + "; restart the node or use its own version",
                    e);
        }
    }

    private String exchange(String line, boolean changing) throws NodeException {
        AtomicBoolean late = new AtomicBoolean();
        boolean asked = false;
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            Thread timer = Thread.ofVirtual().start(() -> cutOff(channel, late));
            try {
                connect(channel);
                AdminLines lines = new AdminLines(channel, LINE_BYTES_MAX);
                asked = true;
                lines.write(line);
                String reply = lines.read();
                if (reply == null) {
                    throw new EOFException("the node closed the connection without an answer");
                }
                return reply;
            } finally {
                timer.interrupt();
            }
        } catch (IOException e) {
            String what = socket + ": " + reason(e, late.get());
            throw asked && changing ? new OutcomeUnknownException(what, e) : new NodeException(what, e);
        }
    }

    private String reason(IOException e, boolean late) {
        if (late) {
            return "the node does not answer within " + timeout.toSeconds() + " s";
        }
        return e instanceof EOFException ? String.valueOf(e.getMessage()) : "the connection to the node broke: " + e;
    }

    private void connect(SocketChannel channel) throws NodeException {
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            throw new NodeException(
                    message.contains("Permission denied")
                            ? socket
                                    + " belongs to another user: run this as the user that runs the node (root, with sudo)"
                            : "no Sluice node listens on " + socket + "; start one with 'sluice run -f DIR'",
                    e);
        }
    }

    private void cutOff(SocketChannel channel, AtomicBoolean late) {
        try {
            Thread.sleep(timeout);
            late.set(true);
            channel.close();
        } catch (InterruptedException _) {
            // The exchange is over.
        } catch (IOException e) {
            late.set(true);
        }
    }
}
