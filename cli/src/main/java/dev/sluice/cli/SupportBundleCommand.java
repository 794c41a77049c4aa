package dev.sluice.cli;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.admin.AdminSocket;
import dev.sluice.agent.doctor.Doctor;
import dev.sluice.agent.report.TextsReport.TextReport;
import dev.sluice.cli.support.Bundle;
import dev.sluice.cli.support.Host;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice support-bundle}. */
@Command(
        name = "support-bundle",
        description = {
            "Collects what somebody else needs to find out why a node or manager does what it does, in one file:"
                    + " status, objects, counters, doctor, versions, kernel, interfaces, the end of the log. Changes"
                    + " nothing.",
            "Secrets are taken out: keys, tokens, passwords. Addresses and names stay: look into the file before you"
                    + " give it away. At most 48 MB before compression.",
            "What is not there is left out, and the file CONTENTS in it says why. Exit status: 0 also then."
        })
final class SupportBundleCommand implements Callable<Integer> {
    /** What is looked at. */
    enum Subject {
        NODE,
        MANAGER,
        ALL
    }

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Option(
            names = "--of",
            paramLabel = "WHAT",
            converter = LowerCaseWord.OfSubject.class,
            description = "node, manager or all: those that answer (default: all).")
    private Subject subject = Subject.ALL;

    @Option(
            names = "--output-file",
            paramLabel = "FILE",
            description = "File to write, which must not be there yet (default: sluice-support-TIME.tar.gz here).")
    private @Nullable Path file;

    @Option(
            names = "--log-file",
            paramLabel = "FILE",
            description = "Log to add, if it is not in the journal; may be given several times.")
    private List<Path> logs = List.of();

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Mixin
    private ManagerOptions manager = new ManagerOptions();

    @Override
    public Integer call() {
        Instant now = Instant.now();
        String name = "sluice-support-" + STAMP.format(now);
        Path target = file == null ? Path.of(name + ".tar.gz") : file;
        ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
        try {
            Bundle bundle = Bundle.create(target, name, now, part -> progress.show("collecting " + part + " ..."));
            try (bundle) {
                collect(bundle);
            }
            progress.clear();
            PrintWriter out = spec.commandLine().getOut();
            bundle.contents().stream()
                    .filter(line -> line.contains(": not there"))
                    .forEach(line -> out.println("  " + line));
            out.println(target + ": " + bundle.contents().size() + " parts, " + Files.size(target)
                    + " bytes; secrets are removed, names and addresses are not");
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailure(target + " is there already; name another file with --output-file", e);
        } catch (IOException e) {
            throw new CommandFailure(target + " can't be written: " + FileTrouble.words(e), e);
        }
        return ExitCode.OK;
    }

    private void collect(Bundle bundle) throws IOException {
        bundle.add("versions.json", () -> Json.text(versions()));
        if (subject != Subject.MANAGER) {
            node(bundle);
        }
        if (subject != Subject.NODE) {
            manager(bundle);
        }
        Host.add(bundle);
        for (Path log : logs) {
            bundle.addFile("log/" + log.getFileName(), log);
        }
    }

    private static Map<String, String> versions() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("sluice", Version.number());
        versions.put("java", System.getProperty("java.vm.version", "unknown"));
        versions.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        versions.put("architecture", System.getProperty("os.arch"));
        versions.put("collected", Instant.now().toString());
        return versions;
    }

    private void node(Bundle bundle) throws IOException {
        Path sockets = Objects.requireNonNull(AdminSocket.defaultPath("any").getParent());
        bundle.add("node/doctor.txt", () -> DoctorCommand.text(Doctor.examine(Optional.empty(), sockets)));
        for (String question :
                List.of("status", "counters", "rules", "paths", "liveness", "macs", "history", "instructions")) {
            bundle.add("node/" + question + ".json", () -> Json.text(client().request(question, Map.of())));
        }
        List<TextReport> texts;
        try {
            texts = client().texts("running").texts();
        } catch (Exception e) {
            bundle.add("node/objects", () -> {
                throw e;
            });
            return;
        }
        int number = 0;
        for (TextReport text : texts) {
            number++;
            // The name may be a path of any length.
            bundle.addObjects("node/objects/" + number + ".yaml", () -> "# " + text.name() + "\n" + text.text());
        }
    }

    private AdminClient client() {
        return admin.client();
    }

    private void manager(Bundle bundle) throws IOException {
        bundle.add("manager/ready.txt", () -> manager.client().text("/readyz?verbose"));
        bundle.add("manager/metrics.txt", () -> manager.client().text("/metrics"));
        bundle.add("manager/kinds.json", () -> manager.client().text("/api/v1"));
        bundle.addObjects("manager/objects.yaml", () -> manager.client().text("/api/v1/export"));
        bundle.add("manager/events.json", () -> manager.client().text("/api/v1/events"));
        bundle.add("manager/enrolments.json", () -> manager.client().text("/api/v1/enrolments"));
        bundle.add("manager/self.json", () -> manager.client().text("/api/v1/self"));
    }
}
