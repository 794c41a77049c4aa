package dev.sluice.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A service node that is a program of the lab between two interfaces: {@linkplain #matcher an inspector of payloads}, or one that misbehaves.
 * Transparent on the wire: MAC and IP addresses stay as they are.
 */
public final class InlineNode implements ServiceNode {
    /**
     * What the node counted.
     *
     * @param forwardCount frames that came in on the in side
     * @param reverseCount frames that came in on the out side
     * @param droppedCount frames that it did not send on
     * @param sentCount frames that it sent, on any side
     */
    public record Figures(long forwardCount, long reverseCount, long droppedCount, long sentCount) {}

    private static final Duration START = Duration.ofSeconds(20);
    private static final Pattern FIGURES =
            Pattern.compile("forward=(\\d+) reverse=(\\d+) dropped=(\\d+) sent=(\\d+) refused=\\d+");

    private final LabInterface in;
    private final LabInterface out;
    private final List<String> arguments;
    private LabProcess process;

    private InlineNode(LabInterface in, LabInterface out, String mode, List<String> more) {
        this.in = in.quiet();
        this.out = out.quiet();
        List<String> all = new ArrayList<>(List.of("--mode", mode, "--in", in.name(), "--out", out.name()));
        all.addAll(more);
        this.arguments = List.copyOf(all);
        this.process = launch();
    }

    /** Passes everything but packets whose TCP or UDP payload holds one of the texts; then nothing more of that TCP connection. */
    public static InlineNode matcher(LabInterface in, LabInterface out, List<String> forbidden) {
        List<String> more = new ArrayList<>();
        for (String text : forbidden) {
            more.add("--forbid");
            more.add(text);
        }
        return new InlineNode(in, out, "match", more);
    }

    /** Sends each frame back out of the interface it came in on. */
    public static InlineNode echo(LabInterface in, LabInterface out) {
        return new InlineNode(in, out, "echo", List.of());
    }

    /** Sends what comes in on either side out of a third interface. */
    public static InlineNode wrongPort(LabInterface in, LabInterface out, LabInterface wrong) {
        wrong.quiet();
        return new InlineNode(in, out, "wrong-port", List.of("--wrong", wrong.name()));
    }

    /** Sends random bytes out of both sides, and nothing of what comes in; bounded in count. */
    public static InlineNode flood(LabInterface in, LabInterface out, int ratePerSecond, long count, long seed) {
        return new InlineNode(
                in,
                out,
                "flood",
                List.of(
                        "--rate", Integer.toString(ratePerSecond), //
                        "--count", Long.toString(count), //
                        "--seed", Long.toString(seed)));
    }

    private LabProcess launch() {
        return in.namespace()
                .startJava("inline", InlineNodeMain.class, arguments)
                .awaitReady(START);
    }

    @Override
    public LabInterface in() {
        return in;
    }

    @Override
    public LabInterface out() {
        return out;
    }

    /** The process that it is. */
    public LabProcess process() {
        return process;
    }

    /** Its own log of blocked flows, one line each: {@code blocked tcp A:p -> B:q "text"}. */
    public List<String> blocked() {
        return process.lines().stream()
                .filter(line -> line.startsWith("blocked "))
                .toList();
    }

    /** What it counted so far; behind by 50 ms at most. */
    public Figures figures() {
        Matcher matcher = FIGURES.matcher(process.lastLine("forward=").orElse(""));
        return matcher.matches()
                ? new Figures(number(matcher, 1), number(matcher, 2), number(matcher, 3), number(matcher, 4))
                : new Figures(0, 0, 0, 0);
    }

    private static long number(Matcher matcher, int group) {
        return Long.parseLong(matcher.group(group));
    }

    @Override
    public void kill() {
        process.kill();
    }

    @Override
    public void restore() {
        process.stop();
        process = launch();
    }
}
