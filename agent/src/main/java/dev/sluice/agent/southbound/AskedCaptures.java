package dev.sluice.agent.southbound;

import com.google.protobuf.ByteString;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminRequests;
import dev.sluice.agent.report.CapturePart;
import dev.sluice.southbound.CapturePackets;
import dev.sluice.southbound.Captured;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.Reply;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures that a manager asked for over one stream: each is taken from the node, part by part, by a thread of its own, and answered when it ends. They end with the stream. Any
 * thread.
 */
final class AskedCaptures implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AskedCaptures.class);

    private final Consumer<FromAgent> answers;

    /** What runs, by the number of its question, and whether it is to end. */
    private final Map<Long, Boolean> ends = new ConcurrentHashMap<>();

    private volatile boolean closed;

    /**
     * None yet.
     *
     * @param answers gets the answer of each, from any thread
     */
    AskedCaptures(Consumer<FromAgent> answers) {
        this.answers = answers;
    }

    /**
     * Begins one.
     *
     * @param node says how many may run at a time
     */
    void begin(long id, CapturePackets asked, AdminRequests node) {
        ends.put(id, false);
        Thread.ofVirtual().name("sluice-capture").start(() -> run(id, asked, node));
    }

    /** Ends one that may have ended already. */
    void end(long id) {
        ends.computeIfPresent(id, (_, _) -> true);
    }

    @Override
    public void close() {
        closed = true;
    }

    private void run(long id, CapturePackets asked, AdminRequests node) {
        Reply.Builder reply = Reply.newBuilder().setId(id);
        try {
            reply.setCaptured(captured(id, asked, node));
        } catch (NodeException e) {
            reply.setProblem(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("a capture failed because of a defect of this program", e);
            reply.setProblem("the capture failed because of a defect of this program: " + e);
        } finally {
            ends.remove(id);
        }
        if (!closed) {
            answers.accept(FromAgent.newBuilder().setReply(reply).build());
        }
    }

    private Captured captured(long id, CapturePackets asked, AdminRequests node) throws NodeException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        CapturePart part = node.ask("capture", fields(asked), CapturePart.class);
        take(part, file);
        while (!part.done()) {
            boolean end = closed || ends.getOrDefault(id, false);
            part = node.ask("capture", Map.of("session", part.session(), "end", end), CapturePart.class);
            take(part, file);
        }
        return Captured.newBuilder()
                .setPcapng(ByteString.copyFrom(file.toByteArray()))
                .setFrames(part.frames())
                .setLost(part.lost())
                .setEnd(part.end())
                .build();
    }

    private static void take(CapturePart part, ByteArrayOutputStream file) {
        file.writeBytes(Base64.getDecoder().decode(part.pcapng()));
    }

    /** As over the socket of the node, which checks them. */
    private static Map<String, Object> fields(CapturePackets asked) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (!asked.getPort().isEmpty()) {
            fields.put("port", asked.getPort());
        }
        if (!asked.getStage().isEmpty()) {
            fields.put("stage", asked.getStage());
        }
        if (!asked.getAddress().isEmpty()) {
            fields.put("address", asked.getAddress());
        }
        if (asked.hasPortNumber()) {
            fields.put("portNumber", asked.getPortNumber());
        }
        fields.put("packets", asked.getPackets());
        fields.put("seconds", asked.getSeconds());
        fields.put("packetBytes", asked.getPacketBytes());
        fields.put("fileBytes", asked.getFileBytes());
        fields.put("brief", asked.getBrief());
        return fields;
    }
}
