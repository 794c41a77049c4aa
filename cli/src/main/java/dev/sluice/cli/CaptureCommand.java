package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.CapturePart;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice capture}. */
@Command(
        name = "capture",
        description = {
            "Writes frames as they pass through a running node into a pcapng file, each with a comment: the stage, the service node, rule and record, and why it was dropped.",
            "Ends after --packets or --seconds, or with Ctrl-C; 'sluice capture -w - | tshark -r -' looks at them at once. Slows the node down while it runs; frames that come too fast are "
                    + "lost to the capture, counted, and never to the network."
        })
final class CaptureCommand implements Callable<Integer> {
    private static final int LAST_PART_SECONDS = 5;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Option(
            names = {"-w", "--write"},
            required = true,
            paramLabel = "FILE",
            description = "The file to write, replaced if it is there; - for standard output.")
    private String file = "";

    @Option(names = "--port", paramLabel = "NAME", description = "Only frames at this port of the node.")
    private @Nullable String port;

    @Option(
            names = "--stage",
            paramLabel = "STAGE",
            description =
                    "in, out, steered (into a service node), returned (from one), dropped, or all (default: ${DEFAULT-VALUE}).")
    private String stage = "all";

    @Option(
            names = "--address",
            paramLabel = "A",
            description = "Only packets with this source or destination address, IPv4 or IPv6.")
    private @Nullable String address;

    @Option(
            names = "--port-number",
            paramLabel = "P",
            description = "Only packets with this source or destination port, 0..65535.")
    private @Nullable Integer portNumber;

    @Option(names = "--packets", paramLabel = "N", description = "End after so many frames.")
    private @Nullable Integer packets;

    @Option(names = "--seconds", paramLabel = "S", description = "End after so long, 1..86400.")
    private @Nullable Integer seconds;

    @Mixin
    private AdminOptions admin = new AdminOptions();

    private volatile boolean interrupted;

    @Override
    public Integer call() throws NodeException {
        AdminClient client = admin.client();
        Map<String, Object> fields = new LinkedHashMap<>();
        FlowOptions.put(fields, "port", port);
        FlowOptions.put(fields, "stage", stage);
        FlowOptions.put(fields, "address", address);
        FlowOptions.put(fields, "portNumber", portNumber);
        FlowOptions.put(fields, "packets", packets);
        FlowOptions.put(fields, "seconds", seconds);
        CountDownLatch written = new CountDownLatch(1);
        Thread onInterrupt = new Thread(() -> {
            interrupted = true;
            await(written);
        });
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        try {
            CapturePart part = client.capture(fields);
            try (OutputStream out = open()) {
                part = copy(client, part, out);
            }
            spec.commandLine()
                    .getErr()
                    .println(part.frames() + " frames" + (part.lost() == 0 ? "" : ", " + part.lost() + " lost"));
            return ExitCode.OK;
        } catch (IOException | InvalidPathException e) {
            throw new CommandFailure("-w " + file + " can't be written: " + e.getMessage(), e);
        } finally {
            written.countDown();
            release(onInterrupt);
        }
    }

    private CapturePart copy(AdminClient client, CapturePart first, OutputStream out)
            throws NodeException, IOException {
        CapturePart part = first;
        try {
            write(out, part);
            while (!part.done()) {
                Map<String, Object> next = new LinkedHashMap<>();
                next.put("session", part.session());
                if (interrupted) {
                    next.put("end", true);
                }
                part = client.capture(next);
                write(out, part);
            }
            return part;
        } catch (IOException e) {
            // Whoever read has gone, or the disk is full: the node need not go on.
            client.capture(Map.of("session", part.session(), "end", true));
            throw e;
        }
    }

    private OutputStream open() throws IOException {
        // Not System.out, which keeps silent when nobody reads any more.
        return file.equals("-") ? new FileOutputStream(FileDescriptor.out) : Files.newOutputStream(Path.of(file));
    }

    private static void write(OutputStream out, CapturePart part) throws IOException {
        out.write(Base64.getDecoder().decode(part.pcapng()));
        out.flush();
    }

    private static void await(CountDownLatch written) {
        try {
            boolean _ = written.await(LAST_PART_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void release(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The process is ending already.
        }
    }
}
