package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.CapturePart;
import dev.sluice.model.OwnerOnly;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice capture}. */
@Command(
        name = "capture",
        description = {
            "Writes frames as they pass through a running node into a pcapng file, each with a comment: the stage, the service node, rule and record, and why it was dropped.",
            "With NAME, writes what hosts have captured for this Capture of a manager, and waits until they have: sluice capture web -w web.pcapng --manager URL",
            "Ends after --packets or --seconds, or with Ctrl-C; 'sluice capture -w - | tshark -r -' looks at them at once. Slows the node down while it runs; frames that come too fast are "
                    + "lost to the capture, counted, and never to the network."
        })
final class CaptureCommand implements Callable<Integer> {
    private static final List<String> OF_NODES = List.of(
            "--port",
            "--stage",
            "--address",
            "--port-number",
            "--packets",
            "--seconds",
            "--packet-bytes",
            "--admin",
            "--node");

    private static final List<String> OF_MANAGERS = List.of("--manager", "--token-file", "--ca-file");

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NAME",
            description = "A Capture of a manager; without it, frames of a node on this host are captured.")
    private @Nullable String name;

    @Option(
            names = {"-w", "--write"},
            required = true,
            paramLabel = "FILE",
            description =
                    "The file to write, replaced if it is there, which only its owner may read; - for standard output.")
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

    @Option(
            names = "--packet-bytes",
            paramLabel = "B",
            description = "Write so many bytes of each frame, 64..65536 (default: all).")
    private @Nullable Integer packetBytes;

    @Mixin
    private ManagerOptions manager = new ManagerOptions();

    @Mixin
    private AdminOptions admin = new AdminOptions();

    private volatile boolean interrupted;

    @Override
    public Integer call() throws NodeException {
        if (name != null) {
            return fetched(name);
        }
        NodeOrManager.refuse(spec, OF_MANAGERS, "is for a Capture of a manager; write its name too");
        return captured();
    }

    /** What a manager has. */
    private int fetched(String capture) throws NodeException {
        NodeOrManager.refuse(
                spec,
                OF_NODES,
                "is for captures of a node on this host; what Capture/" + capture + " captures is in its spec");
        byte[] packets = CaptureFetch.packets(
                manager.client(),
                capture,
                () -> spec.commandLine()
                        .getErr()
                        .println("sluice: waiting until Capture/" + capture + " has ended ..."));
        return written(() -> {
            try (OutputStream out = open()) {
                out.write(packets);
            }
            spec.commandLine().getErr().println(packets.length + " bytes");
        });
    }

    private interface Writing {
        void write() throws IOException, NodeException;
    }

    private int written(Writing writing) throws NodeException {
        try {
            writing.write();
            return ExitCode.OK;
        } catch (IOException | InvalidPathException e) {
            if (file.equals("-") && Output.isBrokenPipe(e)) {
                // Whoever read has had enough.
                return ExitCode.OK;
            }
            throw new CommandFailure("-w " + file + " can't be written: " + FileTrouble.words(e), e);
        }
    }

    private int captured() throws NodeException {
        AdminClient client = admin.client();
        Map<String, Object> fields = new LinkedHashMap<>();
        FlowOptions.put(fields, "port", port);
        FlowOptions.put(fields, "stage", stage);
        FlowOptions.put(fields, "address", address);
        FlowOptions.put(fields, "portNumber", portNumber);
        FlowOptions.put(fields, "packets", packets);
        FlowOptions.put(fields, "seconds", seconds);
        FlowOptions.put(fields, "packetBytes", packetBytes);
        try (OnInterrupt _ = new OnInterrupt(() -> interrupted = true)) {
            return written(() -> {
                CapturePart part = client.capture(fields);
                try (OutputStream out = open()) {
                    part = copy(client, part, out);
                }
                spec.commandLine()
                        .getErr()
                        .println(part.frames() + " frames" + (part.lost() == 0 ? "" : ", " + part.lost() + " lost"));
            });
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
            end(client, part);
            throw e;
        }
    }

    private static void end(AdminClient client, CapturePart part) {
        try {
            client.capture(Map.of("session", part.session(), "end", true));
        } catch (NodeException _) {
            // It was its last part, or the node is gone: why nothing is written is what counts.
        }
    }

    private OutputStream open() throws IOException {
        // Not System.out, which keeps silent when nobody reads any more.
        return file.equals("-")
                ? new FileOutputStream(FileDescriptor.out)
                : Channels.newOutputStream(OwnerOnly.open(
                        Path.of(file),
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE,
                                StandardOpenOption.TRUNCATE_EXISTING)));
    }

    private static void write(OutputStream out, CapturePart part) throws IOException {
        out.write(Base64.getDecoder().decode(part.pcapng()));
        out.flush();
    }
}
