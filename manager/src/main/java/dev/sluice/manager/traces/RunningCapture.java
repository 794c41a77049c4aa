package dev.sluice.manager.traces;

import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Capture;
import dev.sluice.southbound.CapturePackets;
import dev.sluice.southbound.Captured;
import dev.sluice.southbound.Question;
import dev.sluice.wire.capture.CaptureReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One capture on its way: which hosts were asked, and what they had. One user. */
final class RunningCapture {
    /** The condition that says how it is getting on. */
    static final String CONDITION = "Captured";

    /** Reason of that condition for as long as hosts capture. */
    static final String RUNNING = "Running";

    /** How long a host may take beside the time that it captures. */
    static final long ANSWER_NS = 15_000_000_000L;

    private static final long NS_PER_S = 1_000_000_000L;
    private static final int PCAPNG = 0x0a0d0d0a;
    private static final int TEXT_MAX = 300;
    private static final int END_MAX = 20;

    private final ManagedObject object;
    private final Capture.Spec spec;
    private final String tenant;
    private final List<Host> hosts;
    private final long lateNs;

    /** One host. */
    static final class Host {
        final String node;
        private final long id;
        private boolean done;

        /** Why there is nothing of it, in a word and in words; empty: there is. */
        private String reason = "";

        private String problem = "";
        private byte[] file = {};
        private long packets;
        private long lost;
        private String end = "";

        Host(String node, long id) {
            this.node = node;
            this.id = id;
        }

        long id() {
            return id;
        }

        boolean isDone() {
            return done;
        }

        /** There is nothing of it, and will not be. */
        void fail(String why, String words) {
            done = true;
            reason = why;
            problem = Trees.shorten(words, TEXT_MAX);
        }

        private void tell(ObjectNode status) {
            if (reason.isEmpty()) {
                status.put("packets", packets);
                status.put("lost", lost);
                status.put("bytes", file.length);
                status.put("end", end);
            } else {
                status.put("reason", reason);
                status.put("message", problem);
            }
        }
    }

    /**
     * A capture that is about to begin.
     *
     * @param tenant whose it is; empty: one that all share
     * @param hosts at least one
     */
    RunningCapture(ManagedObject object, Capture.Spec spec, String tenant, List<Host> hosts, long nowNs) {
        this.object = object;
        this.spec = spec;
        this.tenant = tenant;
        this.hosts = hosts;
        lateNs = nowNs + spec.durationNs() + ANSWER_NS;
    }

    /** Whether two are the same object with the same spec. */
    static boolean same(ManagedObject one, ManagedObject other) {
        return one.uid().equals(other.uid()) && one.generation() == other.generation();
    }

    ManagedObject object() {
        return object;
    }

    String tenant() {
        return tenant;
    }

    List<Host> hosts() {
        return hosts;
    }

    boolean isOf(ManagedObject other) {
        return same(object, other);
    }

    boolean isDone() {
        return hosts.stream().allMatch(Host::isDone);
    }

    boolean isLate(long nowNs) {
        return nowNs - lateNs >= 0;
    }

    /** The host that is to answer a question. */
    Optional<Host> waiting(String node, long id) {
        return hosts.stream()
                .filter(host -> !host.done && host.id == id && host.node.equals(node))
                .findFirst();
    }

    private int fileBytesMax() {
        return CaptureFiles.FILE_BYTES_MAX / hosts.size();
    }

    Question question(Host host) {
        CapturePackets.Builder asked = CapturePackets.newBuilder()
                .setPort(spec.port().orElse(""))
                .setStage(spec.stage().word())
                .setAddress(spec.address().map(Object::toString).orElse(""))
                .setPackets(spec.packetsMax())
                .setSeconds(Math.toIntExact((spec.durationNs() + NS_PER_S - 1) / NS_PER_S))
                .setPacketBytes(spec.packetBytesMax())
                .setFileBytes(fileBytesMax())
                // Rules and service nodes of others are not for people of a tenant.
                .setBrief(!tenant.isEmpty());
        spec.portNumber().ifPresent(asked::setPortNumber);
        return Question.newBuilder().setId(host.id).setCapture(asked).build();
    }

    /** Takes in what a host has captured. */
    void take(Host host, Captured told) {
        byte[] file = told.getPcapng().toByteArray();
        if (file.length > fileBytesMax()) {
            host.fail(
                    "BadAnswer",
                    "it answers with " + file.length + " bytes, more than the " + fileBytesMax()
                            + " that it was asked for");
            return;
        }
        try {
            host.packets = packets(file);
        } catch (IOException e) {
            host.fail("BadAnswer", "what it answers is no capture: " + e.getMessage());
            return;
        }
        host.file = file;
        host.lost = told.getLost();
        host.end = Trees.shorten(told.getEnd(), END_MAX);
        host.done = true;
    }

    /** How many a file holds, which is put together with those of other hosts. */
    private static long packets(byte[] file) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(file);
        if (file.length < Integer.BYTES || ByteBuffer.wrap(file).getInt() != PCAPNG) {
            throw new IOException("it does not begin as pcapng does");
        }
        CaptureReader reader = new CaptureReader(in);
        long packets = 0;
        while (reader.frame() != null) {
            packets++;
        }
        return packets;
    }

    /** The packets of all hosts: a section for each. */
    byte[] file() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        hosts.forEach(host -> all.writeBytes(host.file));
        return all.toByteArray();
    }

    private boolean hasFile() {
        return hosts.stream().anyMatch(host -> host.file.length > 0);
    }

    // Its status.

    /** As long as hosts capture. */
    ObjectNode begun(Instant now) {
        ObjectNode status = status(object, "False", RUNNING, "hosts capture", now);
        ArrayNode all = status.putArray("hosts");
        hosts.forEach(host -> all.addObject().put("node", host.node));
        return status;
    }

    /** When all have answered, or will not any more. */
    ObjectNode ended(Instant now) {
        long packets = hosts.stream().mapToLong(host -> host.packets).sum();
        StringBuilder words = new StringBuilder();
        Host failed = null;
        for (Host host : hosts) {
            if (!host.reason.isEmpty()) {
                failed = failed == null ? host : failed;
                words.append(words.isEmpty() ? "" : "; ")
                        .append(host.node)
                        .append(": ")
                        .append(host.problem);
            }
        }
        if (hasFile()) {
            words.insert(0, packets + (packets == 1 ? " packet" : " packets") + (words.isEmpty() ? "" : "; "));
        }
        ObjectNode status = failed == null
                ? status(object, "True", "Complete", words.toString(), now)
                : status(
                        object,
                        hasFile() ? "True" : "False",
                        hasFile() ? "Partial" : failed.reason,
                        words.toString(),
                        now);
        ArrayNode all = status.putArray("hosts");
        for (Host host : hosts) {
            host.tell(all.addObject().put("node", host.node));
        }
        if (hasFile()) {
            status.put("packets", packets);
            status.putObject("file").put("bytes", file().length);
        }
        return status;
    }

    /** Of a capture without hosts, or that nobody goes on with. */
    static ObjectNode status(ManagedObject object, String truth, String reason, String message, Instant now) {
        ObjectNode status = Trees.object();
        status.put("observedGeneration", object.generation());
        JsonNode old = Conditions.drop(
                object.tree().path("status").deepCopy() instanceof ObjectNode before ? before : Trees.object(),
                CONDITION);
        Conditions.add(status, 0, Conditions.of(CONDITION, truth, reason, message, old, now));
        return status;
    }
}
