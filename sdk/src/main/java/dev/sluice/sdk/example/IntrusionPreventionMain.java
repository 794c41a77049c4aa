package dev.sluice.sdk.example;

import dev.sluice.sdk.Instruction.Action;
import dev.sluice.sdk.NodeStatistics;
import dev.sluice.sdk.ServiceNode;
import dev.sluice.sdk.stream.FlowInspector;
import dev.sluice.sdk.stream.Signatures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link IntrusionPrevention} as a program: {@code --listen ADDRESS --switch ADDRESS...} (may repeat, prefixes too), {@code --text TEXT}, {@code --hex DIGITS} (may repeat, at
 * least one of both), further {@code --clear-after BYTES} (65536; 0: never), {@code --unsearchable drop|pass} (drop), {@code --plane VNI} (may repeat; all), {@code --port N}
 * (6081), {@code --return-port N} (6081). Prints {@code ready}, a line for each flow blocked or cleared, a line of counters each second while they change, and one at the end.
 */
public final class IntrusionPreventionMain {
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private IntrusionPreventionMain() {}

    /** Entry of the program; ends with SIGTERM or SIGINT, with status 2 if its arguments are wrong. */
    public static void main(String[] arguments) throws InterruptedException {
        try {
            run(arguments);
        } catch (IllegalArgumentException | IllegalStateException | IOException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /** Runs until the node ends; throws at once if an argument is wrong. */
    static void run(String... arguments) throws IOException, InterruptedException {
        ServiceNode.Builder builder = ServiceNode.builder();
        List<byte[]> signatures = new ArrayList<>();
        String listen = "";
        int port = 6081;
        long clearAfterBytes = IntrusionPrevention.Policy.USUAL.clearAfterBytes();
        boolean passUnsearchable = false;
        for (int i = 0; i < arguments.length; i += 2) {
            String name = arguments[i];
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException("argument " + name + " has no value");
            }
            String value = arguments[i + 1];
            switch (name) {
                case "--listen" -> listen = value;
                case "--switch" -> builder.allow(value);
                case "--text" -> signatures.add(Signatures.text(value));
                case "--hex" -> signatures.add(Signatures.hex(value));
                case "--clear-after" -> clearAfterBytes = number(name, value);
                case "--unsearchable" -> passUnsearchable = isPass(value);
                case "--plane" -> builder.allowPlane(integer(name, value));
                case "--port" -> port = integer(name, value);
                case "--return-port" -> builder.returnPort(integer(name, value));
                default ->
                    throw new IllegalArgumentException(
                            "argument " + name + " is not known; see " + Path.of("docs", "guides", "aware-nodes.md"));
            }
        }
        if (signatures.isEmpty()) {
            throw new IllegalArgumentException("no signature is given; add --text TEXT or --hex DIGITS");
        }
        IntrusionPrevention prevention = new IntrusionPrevention(
                Signatures.of(signatures),
                FlowInspector.Limits.USUAL,
                new IntrusionPrevention.Policy(clearAfterBytes, passUnsearchable),
                System.out::println);
        ServiceNode node = builder.listen(listen, port).handler(prevention).start();
        Runtime.getRuntime()
                .addShutdownHook(
                        Thread.ofPlatform().unstarted(() -> System.out.println("end " + figures(node, prevention))));
        System.out.println("ready on " + node.address());
        String last = "";
        while (!node.awaitEnd(INTERVAL)) {
            String figures = figures(node, prevention);
            if (!figures.equals(last)) {
                System.out.println("state " + figures);
            }
            last = figures;
        }
        node.lastFailure().ifPresent(failure -> System.err.println("ended: " + failure.getMessage()));
    }

    private static String figures(ServiceNode node, IntrusionPrevention prevention) {
        NodeStatistics statistics = node.statistics();
        long refusedCount = statistics.drops().entrySet().stream()
                .filter(drop -> drop.getKey().isRefusal())
                .mapToLong(drop -> drop.getValue())
                .sum();
        return "received=" + statistics.receivedCount()
                + " bytes=" + statistics.receivedBytes()
                + " returned=" + statistics.returnedCount()
                + " dropped=" + (statistics.receivedCount() - statistics.returnedCount() - refusedCount)
                + " refused=" + refusedCount
                + " flows=" + prevention.flowCount()
                + " blocked=" + prevention.foundCount()
                + " cleared=" + prevention.clearedCount()
                + " unsearchable=" + prevention.unsearchableCount()
                + " too-early=" + prevention.tooEarlyCount()
                + " said-drop=" + statistics.instructionCount(Action.DROP)
                + " said-accept=" + statistics.instructionCount(Action.ACCEPT)
                + " failures=" + statistics.failureCount();
    }

    private static boolean isPass(String value) {
        return switch (value) {
            case "pass" -> true;
            case "drop" -> false;
            default -> throw new IllegalArgumentException("--unsearchable: '" + value + "' is neither drop nor pass");
        };
    }

    private static int integer(String name, String value) {
        long number = number(name, value);
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name + ": " + value + " is outside 0.." + Integer.MAX_VALUE);
        }
        return (int) number;
    }

    private static long number(String name, String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": '" + value + "' is no number", e);
        }
    }
}
