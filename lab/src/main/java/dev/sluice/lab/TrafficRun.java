package dev.sluice.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One stream with ids between two namespaces, and its account. Start the observers first, then {@link #start}, then
 * {@link #awaitSent} and {@link #settle}, then ask for the reports.
 */
public final class TrafficRun {
    private static final AtomicInteger STREAMS = new AtomicInteger();
    private static final Duration START = Duration.ofSeconds(20);
    private static final long QUIET_NS = 1_000_000_000;
    private static final Pattern SENT = Pattern.compile("sent=(\\d+) refused=(\\d+) millis=(\\d+)");

    private final Namespace from;
    private final Namespace to;
    private final TrafficPlan plan;
    private final int stream;
    private final LabProcess receiver;
    private final LabProcess sender;
    private final Path received;
    private final Path replied;
    private final Path end;

    private TrafficRun(Namespace from, Namespace to, TrafficPlan plan) {
        this.from = from;
        this.to = to;
        this.plan = plan;
        this.stream = STREAMS.incrementAndGet();
        this.received = to.topology().freshFile("received");
        this.replied = from.topology().freshFile("replied");
        this.end = from.topology().freshFile("end");
        this.receiver =
                to.startJava("receiver", TrafficMain.class, receiverArguments()).awaitReady(START);
        this.sender = from.startJava("sender", TrafficMain.class, senderArguments());
    }

    /** Starts the receiver, then the sender. */
    public static TrafficRun start(Namespace from, Namespace to, TrafficPlan plan) {
        return new TrafficRun(from, to, plan);
    }

    private List<String> commonArguments(String role, Path ids) {
        return new ArrayList<>(List.of(
                "--role", role, //
                "--protocol", plan.protocol().name(), //
                "--port", Integer.toString(plan.port()), //
                "--bytes", Integer.toString(plan.payloadBytes()), //
                "--ids", ids.toString()));
    }

    private List<String> receiverArguments() {
        List<String> arguments = commonArguments("receive", received);
        arguments.addAll(List.of("--replies", Boolean.toString(plan.replies())));
        return arguments;
    }

    private List<String> senderArguments() {
        List<String> arguments = commonArguments("send", replied);
        arguments.addAll(List.of(
                "--address", plan.address(), //
                "--stream", Integer.toString(stream), //
                "--rate", Integer.toString(plan.ratePerSecond()), //
                "--count", Long.toString(plan.count()), //
                "--time-limit-ms", Long.toString(plan.timeLimitMs()), //
                "--end", end.toString()));
        return arguments;
    }

    /** The receiving process. */
    public LabProcess receiver() {
        return receiver;
    }

    /** The sending process. */
    public LabProcess sender() {
        return sender;
    }

    /** Waits until so many different packets have come, for acting in the middle of a stream. */
    public void awaitReceived(long count, Duration atMost) {
        Waits.until(
                count + " packets were received",
                atMost,
                () -> IdFile.read(received).length >= count,
                () -> "sender: " + sender.log() + "receiver: " + receiver.log());
    }

    /** Waits until so many more packets, and so many more replies, have come than when it is called: both ways work. */
    public void awaitBothWays(long more, Duration atMost) {
        long packets = IdFile.read(received).length + more;
        long replies = IdFile.read(replied).length + more;
        Waits.until(
                more + " more packets and replies were received",
                atMost,
                () -> IdFile.read(received).length >= packets && IdFile.read(replied).length >= replies,
                () -> "sender: " + sender.log() + "receiver: " + receiver.log());
    }

    /** Whether the sender is not through yet. */
    public boolean isUnderWay() {
        return sender.isAlive() && sender.lastLine("sent=").isEmpty();
    }

    /** Lets the sender send no more, however much of its plan is left. */
    public void endSending() {
        EndMark.set(end);
    }

    /** Waits until the sender is through; how many it sent. */
    public long awaitSent() {
        Duration atMost = Duration.ofMillis(plan.timeLimitMs()).plus(START);
        sender.awaitLine("how much it sent", atMost, line -> line.startsWith("sent="));
        return sentCount();
    }

    /** Waits until nothing more arrives: all is there, or nothing came for a second. */
    public void settle() {
        long last = -1;
        long sinceNs = System.nanoTime();
        long goal = sentCount() * (plan.replies() ? 2 : 1);
        while (System.nanoTime() - sinceNs < QUIET_NS) {
            long now = IdFile.read(received).length + (long) IdFile.read(replied).length;
            if (now != last) {
                last = now;
                sinceNs = System.nanoTime();
            }
            long before = last;
            // Ends early when something more came; a complete count needs only the time a duplicate or an observer may
            // take.
            Duration step = Duration.ofMillis(now >= goal ? 150 : 50);
            boolean more = Waits.holdsWithin(
                    step, () -> IdFile.read(received).length + (long) IdFile.read(replied).length != before);
            if (!more && now >= goal) {
                return;
            }
        }
    }

    /** The account of the packets sent. */
    public TrafficReport report(Map<String, IdObserver> required, Map<String, IdObserver> forbidden) {
        checkSocket(to, plan.port());
        return account(IdPayload.id(stream, 0), IdFile.read(received), required, forbidden);
    }

    /** The account of the replies: as if the receiver had sent one for each packet that the sender sent. */
    public TrafficReport replyReport(Map<String, IdObserver> required, Map<String, IdObserver> forbidden) {
        sender.lastLine("port=").ifPresent(line -> checkSocket(from, Integer.parseInt(line.substring(5))));
        return account(IdPayload.id(stream, 0) | IdPayload.REPLY, IdFile.read(replied), required, forbidden);
    }

    /** Packets whose payload came damaged. */
    public long damagedCount() {
        return damaged(receiver) + damaged(sender);
    }

    private static long damaged(LabProcess process) {
        return process.lastLine("damaged=")
                .map(line -> Long.parseLong(line.substring("damaged=".length())))
                .orElse(0L);
    }

    private TrafficReport account(
            long firstId, long[] arrived, Map<String, IdObserver> required, Map<String, IdObserver> forbidden) {
        return TrafficReport.account(firstId, sentCount(), arrived, seen(required), seen(forbidden));
    }

    /** What the end's own socket could not hold is no loss of the network: no account rather than a wrong one. */
    private void checkSocket(Namespace namespace, int port) {
        if (plan.protocol() == TrafficPlan.Protocol.TCP) {
            return;
        }
        long drops = UdpSockets.dropCount(namespace, port);
        if (drops > 0) {
            throw new LabException("the UDP socket at port " + port + " in " + namespace + " overflowed by " + drops
                    + " datagrams, so the account would be wrong; this machine is too busy for "
                    + plan.ratePerSecond() + " packets a second, use a lower rate");
        }
    }

    private static Map<String, Set<Long>> seen(Map<String, IdObserver> observers) {
        Map<String, Set<Long>> seen = new LinkedHashMap<>();
        observers.forEach((name, observer) -> {
            Set<Long> ids = observer.seen();
            long unseen = observer.unseenCount();
            if (unseen > 0) {
                throw new LabException("observer '" + name + "' lost " + unseen
                        + " frames itself, so the account would be wrong; use a lower rate");
            }
            seen.put(name, ids);
        });
        return seen;
    }

    private long sentCount() {
        Matcher matcher = SENT.matcher(sender.lastLine("sent=").orElse(""));
        if (!matcher.matches()) {
            throw new LabException("the sender is not through yet: "
                    + Arrays.toString(sender.lines().toArray()));
        }
        return Long.parseLong(matcher.group(1));
    }
}
